// The header of a safetensors file, read as the format has it: whole numbers stay whole, and no name comes twice.
import FoundationEssentials

extension Safetensors {
  /// What a header says of one tensor.
  struct StoredTensor {
    let name: String
    let dtype: String
    let shape: [Int]
    let bytes: Range<Int>
  }

  /// The entries of a header, in the order of their bytes. As in the format's own reader they follow one
  /// another without overlap or gap, up to the end of the file.
  static func entries(_ header: ArraySlice<UInt8>, bodyCount: Int) throws(FormatFault)
    -> [StoredTensor]
  {
    var reader = HeaderReader(header)
    guard case .object(let members) = try reader.whole() else {
      throw FormatFault(reason: "its header is not an object of JSON")
    }
    var entries: [StoredTensor] = []
    for (name, value) in members where name != "__metadata__" {
      entries.append(try entry(name, value))
    }
    entries.sort {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }
    var end = 0
    for entry in entries {
      guard entry.bytes.lowerBound >= end else {
        throw FormatFault(reason: "`\(entry.name)` begins inside another tensor's bytes")
      }
      guard entry.bytes.lowerBound == end else {
        throw FormatFault(reason: "no tensor has the bytes \(end) to \(entry.bytes.lowerBound - 1)")
      }
      end = entry.bytes.upperBound
    }
    guard end <= bodyCount else {
      throw FormatFault(reason: "it ends before the bytes of `\(entries.last?.name ?? "")`")
    }
    guard end == bodyCount else {
      throw FormatFault(reason: "no tensor has its last \(bodyCount - end) bytes")
    }
    return entries
  }

  private static func entry(_ name: String, _ value: HeaderReader.Value) throws(FormatFault)
    -> StoredTensor
  {
    guard case .object(let fields) = value else {
      throw FormatFault(reason: "the entry `\(name)` is not an object")
    }
    func field(_ key: String) throws(FormatFault) -> HeaderReader.Value {
      guard let field = fields.first(where: { $0.name == key }) else {
        throw FormatFault(reason: "`\(name)` has no `\(key)`")
      }
      return field.value
    }
    func wholes(_ key: String) throws(FormatFault) -> [Int] {
      guard case .list(let items) = try field(key) else {
        throw FormatFault(reason: "`\(key)` of `\(name)` is not a list")
      }
      var wholes: [Int] = []
      for item in items {
        guard case .whole(let n) = item else {
          throw FormatFault(
            reason: "`\(key)` of `\(name)` holds \(item.said), which is no whole number from 0")
        }
        wholes.append(n)
      }
      return wholes
    }
    guard case .text(let dtype) = try field("dtype") else {
      throw FormatFault(reason: "`dtype` of `\(name)` is not a word")
    }
    let (shape, offsets) = (try wholes("shape"), try wholes("data_offsets"))
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw FormatFault(reason: "`data_offsets` of `\(name)` are not a begin and an end")
    }
    return StoredTensor(name: name, dtype: dtype, shape: shape, bytes: offsets[0]..<offsets[1])
  }
}

/// JSON as far as a header has it. Foundation's own reader takes 2.0 for 2 and the last of two equal names.
private struct HeaderReader {
  enum Value {
    case object([(name: String, value: Value)])
    case list([Value])
    case text(String)
    /// A whole number from 0.
    case whole(Int)
    /// Any other number or word, as it is written.
    case other(String)

    /// How an error message shows it.
    var said: String {
      switch self {
      case .object: "an object"
      case .list: "a list"
      case .text(let text): "\"\(text)\""
      case .whole(let n): "\(n)"
      case .other(let text): text
      }
    }
  }

  private let bytes: ArraySlice<UInt8>
  private var at: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    at = bytes.startIndex
  }

  private static let notJSON = Safetensors.FormatFault(reason: "its header is not JSON")
  private static let spaces = Set(" \t\r\n".utf8)
  private static let closers = Set(" \t\r\n,]}".utf8)

  /// The one value of the whole text.
  mutating func whole() throws(Safetensors.FormatFault) -> Value {
    let value = try value(depth: 0)
    guard next() == nil else { throw Self.notJSON }
    return value
  }

  /// The next byte that is no space, still to be read.
  private mutating func next() -> UInt8? {
    while at < bytes.endIndex, Self.spaces.contains(bytes[at]) { at += 1 }
    return at < bytes.endIndex ? bytes[at] : nil
  }

  private mutating func take(_ character: Character) -> Bool {
    guard next() == character.asciiValue else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(Safetensors.FormatFault) -> Value {
    // An entry's lists are three deep.
    guard depth < 16 else { throw Self.notJSON }
    if take("{") { return .object(try members(depth)) }
    if take("[") { return .list(try items(depth)) }
    if next() == UInt8(ascii: "\"") { return .text(try text()) }
    let start = at
    while at < bytes.endIndex, !Self.closers.contains(bytes[at]) { at += 1 }
    let word = String(decoding: bytes[start..<at], as: UTF8.self)
    guard !word.isEmpty else { throw Self.notJSON }
    guard word.allSatisfy({ "0"..."9" ~= $0 }), let n = Int(word) else { return .other(word) }
    return .whole(n)
  }

  private mutating func members(_ depth: Int) throws(Safetensors.FormatFault) -> [(
    name: String, value: Value
  )] {
    var members: [(name: String, value: Value)] = []
    var names: Set<String> = []
    if take("}") { return [] }
    repeat {
      let name = try text()
      guard take(":") else { throw Self.notJSON }
      guard names.insert(name).inserted else {
        throw Safetensors.FormatFault(reason: "its header names `\(name)` twice")
      }
      members.append((name, try value(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw Self.notJSON }
    return members
  }

  private mutating func items(_ depth: Int) throws(Safetensors.FormatFault) -> [Value] {
    var items: [Value] = []
    if take("]") { return [] }
    repeat { items.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw Self.notJSON }
    return items
  }

  /// A string with its quotes; what is escaped in it is left to Foundation.
  private mutating func text() throws(Safetensors.FormatFault) -> String {
    guard next() == UInt8(ascii: "\"") else { throw Self.notJSON }
    let start = at
    at += 1
    while at < bytes.endIndex, bytes[at] != UInt8(ascii: "\"") {
      at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard at < bytes.endIndex else { throw Self.notJSON }
    at += 1
    guard let text = try? JSONDecoder().decode(String.self, from: Data(bytes[start..<at])) else {
      throw Self.notJSON
    }
    return text
  }
}
