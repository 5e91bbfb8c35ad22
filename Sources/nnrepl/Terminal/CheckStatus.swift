// How the program ends.

/// Exit statuses of the commands about exercises.
enum CheckStatus {
  static let passed: Int32 = 0
  static let failed: Int32 = 1
  static let usage: Int32 = 2
  /// The script ended in an error or passed a limit.
  static let script: Int32 = 3
  /// Our own fault or the course's; it counts for nobody.
  static let course: Int32 = 4
}
