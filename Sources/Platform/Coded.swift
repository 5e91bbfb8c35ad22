// Values that the program writes to files and pipes, and a page does not.

#if hasFeature(Embedded)
  /// What can be written, where there is anything to write to.
  package typealias Coded = Any
#else
  /// What can be written, where there is anything to write to.
  package typealias Coded = Codable
#endif
