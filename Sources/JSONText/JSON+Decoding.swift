// JSON of any shape, as a decoder reads it.

extension JSON: Decodable {
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package init(from decoder: any Decoder) throws {
    if let members = try? decoder.container(keyedBy: Name.self) {
      self = .object(
        try members.allKeys.map { ($0.stringValue, try members.decode(JSON.self, forKey: $0)) })
    } else if var list = try? decoder.unkeyedContainer() {
      var items: [JSON] = []
      while !list.isAtEnd { items.append(try list.decode(JSON.self)) }
      self = .array(items)
    } else {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() {
        self = .null
      } else if let on = try? value.decode(Bool.self) {
        self = .bool(on)
      } else if let n = try? value.decode(Int.self) {
        self = .int(n)
      } else if let n = try? value.decode(Double.self) {
        self = .number(n)
      } else {
        self = .string(try value.decode(String.self))
      }
    }
  }

  /// What an object has by a name.
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.0 == name }?.1
  }
}
