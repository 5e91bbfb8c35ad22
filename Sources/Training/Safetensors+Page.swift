// A page has no files of weights.
import Tensors

/// What stands in for the format where nothing can be saved or loaded.
package enum Safetensors {
  package struct FormatFault: Error { package let reason: String }

  /// - Throws: always.
  package static func encoded(_ tensors: [(name: String, tensor: Tensor)]) throws(FormatFault)
    -> [UInt8]
  {
    throw FormatFault(reason: "a page has no files")
  }

  /// - Throws: always.
  package static func decoded(_ bytes: [UInt8]) throws(FormatFault) -> [(
    name: String, tensor: Tensor
  )] {
    throw FormatFault(reason: "a page has no files")
  }
}
