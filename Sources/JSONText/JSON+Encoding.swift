// Values that can be encoded, as JSON: members sorted by name, so that the same value is the same text.

extension JSON {
  /// - Throws: what the value's own `encode` throws.
  package init(encoding value: some Encodable) throws {
    let place = Place()
    try value.encode(to: place)
    self = place.value
  }
}

/// Where one value is written: as a single value, as a list, or by name.
private final class Place: Encoder {
  private var single: JSON?
  private var items: [Place]?
  private var members: [String: Place]?
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  var value: JSON {
    if let items { return .array(items.map { $0.value }) }
    if let members {
      return .object(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.value) })
    }
    return single ?? .null
  }

  func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
    members = members ?? [:]
    return KeyedEncodingContainer(Named<Key>(place: self))
  }
  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    items = items ?? []
    return Listed(place: self)
  }
  func singleValueContainer() -> any SingleValueEncodingContainer { Single(place: self) }

  func item() -> Place {
    let place = Place()
    items?.append(place)
    return place
  }
  func member(_ name: String) -> Place {
    let place = Place()
    members?[name] = place
    return place
  }
  var count: Int { items?.count ?? 0 }

  func write(_ value: some Encodable) throws {
    switch value {
    case let text as String: single = .string(text)
    case let on as Bool: single = .bool(on)
    case let n as Double: single = .number(n)
    case let n as Float: single = n.isFinite ? .whole(Place.text(of: n)) : .number(Double(n))
    case let n as any FixedWidthInteger: single = .whole("\(n)")
    default: try value.encode(to: self)
    }
  }
  func writeNull() { single = .null }

  private static func text(of n: Float) -> String {
    let text = "\(n)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

private struct Single: SingleValueEncodingContainer {
  let place: Place
  let codingPath: [any CodingKey] = []
  mutating func encodeNil() { place.writeNull() }
  mutating func encode(_ value: some Encodable) throws { try place.write(value) }
}

private struct Listed: UnkeyedEncodingContainer {
  let place: Place
  let codingPath: [any CodingKey] = []
  var count: Int { place.count }
  mutating func encodeNil() { place.item().writeNull() }
  mutating func encode(_ value: some Encodable) throws { try place.item().write(value) }
  mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<
    Key
  > { place.item().container(keyedBy: type) }
  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    place.item().unkeyedContainer()
  }
  mutating func superEncoder() -> any Encoder { place.item() }
}

private struct Named<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let place: Place
  let codingPath: [any CodingKey] = []
  mutating func encodeNil(forKey key: Key) { place.member(key.stringValue).writeNull() }
  mutating func encode(_ value: some Encodable, forKey key: Key) throws {
    try place.member(key.stringValue).write(value)
  }
  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
    -> KeyedEncodingContainer<Nested>
  { place.member(key.stringValue).container(keyedBy: type) }
  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    place.member(key.stringValue).unkeyedContainer()
  }
  mutating func superEncoder() -> any Encoder { place.member("super") }
  mutating func superEncoder(forKey key: Key) -> any Encoder { place.member(key.stringValue) }
}
