// Weights as files that PyTorch's `safetensors` reads and writes.
import JSONText
import Tensors

/// The safetensors format: eight bytes that give the length of a header in JSON, the header, and the raw
/// little-endian elements one after another.
package enum Safetensors {
  package struct FormatFault: Error { package let reason: String }

  private struct Written: Encodable {
    let dtype: String
    let shape: [Int]
    let data_offsets: [Int]
  }

  /// The file's bytes. float32 is stored as F32, float64 as F64, whole numbers as I64, truth values as BOOL.
  package static func encoded(_ tensors: [(name: String, tensor: Tensor)]) throws -> [UInt8] {
    var entries: [String: Written] = [:]
    var body: [UInt8] = []
    for (name, tensor) in tensors {
      let start = body.count
      let kind: String
      switch tensor.dtype {
      case .float32:
        kind = "F32"
        for x in tensor.values { append(Float(x).bitPattern.littleEndian, to: &body) }
      case .float64:
        kind = "F64"
        for x in tensor.values { append(x.bitPattern.littleEndian, to: &body) }
      case .int64:
        kind = "I64"
        for x in tensor.values { append((Int64(exactly: x) ?? 0).littleEndian, to: &body) }
      case .bool:
        kind = "BOOL"
        for x in tensor.values { body.append(x == 0 ? 0 : 1) }
      }
      entries[name] = Written(
        dtype: kind, shape: tensor.shape.dims, data_offsets: [start, body.count])
    }
    var header = Array(try JSON(encoding: entries).line.utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var bytes: [UInt8] = []
    append(UInt64(header.count).littleEndian, to: &bytes)
    return bytes + header + body
  }

  private static func append<T>(_ value: T, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  /// The tensors of a file, in the order of their bytes.
  package static func decoded(_ bytes: [UInt8]) throws(FormatFault) -> [(
    name: String, tensor: Tensor
  )] {
    guard bytes.count >= 8 else { throw FormatFault(reason: "it is shorter than a header") }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(bytes.count - 8) else {
      throw FormatFault(reason: "its header would be longer than the file")
    }
    let start = 8 + Int(length)
    var tensors: [(name: String, tensor: Tensor)] = []
    for entry in try entries(bytes[8..<start], bodyCount: bytes.count - start) {
      let part = bytes[(start + entry.bytes.lowerBound)..<(start + entry.bytes.upperBound)]
      let (values, dtype) = try numbers(part, entry.dtype, entry.name)
      guard let shape = try? Shape(entry.shape), values.count == shape.count,
        let tensor = try? Tensor(values, shape: shape, dtype: dtype)
      else {
        let dims = entry.shape.map(String.init).joined(separator: ", ")
        throw FormatFault(
          reason: "`\(entry.name)` has \(values.count) elements, but its shape is [\(dims)]")
      }
      tensors.append((entry.name, tensor))
    }
    return tensors
  }

  private static func numbers(_ bytes: ArraySlice<UInt8>, _ kind: String, _ name: String)
    throws(FormatFault) -> ([Double], DType)
  {
    func words<T: FixedWidthInteger>(_: T.Type) throws(FormatFault) -> [T] {
      let width = MemoryLayout<T>.size
      guard bytes.count % width == 0 else {
        throw FormatFault(reason: "`\(name)` ends within a number")
      }
      return stride(from: bytes.startIndex, to: bytes.endIndex, by: width).map { start in
        (0..<width).reduce(T(0)) { $0 | T(truncatingIfNeeded: bytes[start + $1]) << T(8 * $1) }
      }
    }
    switch kind {
    case "F64": return (try words(UInt64.self).map { Double(bitPattern: $0) }, .float64)
    case "F32": return (try words(UInt32.self).map { Double(Float(bitPattern: $0)) }, .float32)
    case "F16": return (try words(UInt16.self).map { half($0) }, .float32)
    case "BF16":
      return (try words(UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }, .float32)
    case "I64": return (try words(Int64.self).map { Double($0) }, .int64)
    case "I32": return (try words(Int32.self).map { Double($0) }, .int64)
    case "I16": return (try words(Int16.self).map { Double($0) }, .int64)
    case "I8": return (try words(Int8.self).map { Double($0) }, .int64)
    case "U8": return (try words(UInt8.self).map { Double($0) }, .int64)
    case "BOOL": return (bytes.map { $0 == 0 ? 0 : 1 }, .bool)
    default: throw FormatFault(reason: "`\(name)` is of type \(kind), which is not known here")
    }
  }

  /// An IEEE half: 1 sign bit, 5 exponent bits, 10 fraction bits.
  private static func half(_ bits: UInt16) -> Double {
    let sign = bits >> 15 == 0 ? 1.0 : -1.0
    let (exponent, fraction) = (Int(bits >> 10 & 31), Double(bits & 1023) / 1024)
    switch exponent {
    case 0: return sign * fraction * 0x1p-14
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default:
      return sign * (1 + fraction) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }
}
