// Values within values: what shows, compares and saves them goes down by recursion, so there must be an end.
import CPlatform
import Diagnostics
import Platform

extension Value {
  /// How deep lists, records and layers may lie in one another.
  static let depthLimit = 100

  private var holder: (object: AnyObject, parts: [Value])? {
    switch self {
    case .list(let list): (list, list.items)
    case .record(let record): (record, record.fields.map({ $0.value }))
    case .layer(let layer): (layer, layer.fields.map({ $0.value }))
    default: nil
    }
  }

  /// Whether nothing lies in it.
  @inline(__always)
  var isPlain: Bool {
    switch self {
    case .list, .record, .layer: false
    default: true
    }
  }

  /// The value, if it may be put into `container`.
  /// - Throws: `bad-argument` when it holds the container itself, or nests too deep.
  @inline(__always)
  package func nested(in container: AnyObject? = nil, _ span: Span) throws(Diagnostic) -> Value {
    isPlain ? self : try limited(in: container, span)
  }

  private func limited(in container: AnyObject?, _ span: Span) throws(Diagnostic) -> Value {
    // Heights of what was seen, as parts that are shared would be visited once per path.
    var heights: [UInt: Int] = [:]
    var isCircle = false
    func height(_ value: Value, within limit: Int) -> Int? {
      guard let (object, parts) = value.holder else { return 0 }
      if object === container {
        isCircle = true
        return nil
      }
      let id = identity(of: object)
      if let known = heights[id] { return known <= limit ? known : nil }
      guard limit > 0 else { return nil }
      var most = 0
      for part in parts {
        guard let below = height(part, within: limit - 1) else { return nil }
        most = max(most, below)
      }
      heights[id] = most + 1
      return most + 1
    }
    if height(self, within: Value.depthLimit) != nil { return self }
    throw RunFault.nesting(kind: kind, isCircle: isCircle, limit: Value.depthLimit).at(span)
  }
}

extension ListObject {
  /// Adds a value at the end.
  @inline(never)
  package func append(_ value: Value, _ span: Span) throws(Diagnostic) {
    append(plain: try value.nested(in: self, span))
  }

  /// Adds a value that holds no others.
  @inline(__always)
  func append(plain value: consuming Value) {
    if items.count == items.capacity { makeRoom() }
    items.append(value)
  }

  /// A long list that is full gets four times the room, not twice: what is not used of it costs nothing, and
  /// each place that a list leaves has cost the system's work to get it.
  @inline(never)
  private func makeRoom() {
    guard items.count >= 1 << 12 else { return }
    items = Array(unsafeUninitializedCapacity: items.count &* 4) { room, count in
      guard let start = room.baseAddress else { return }
      nnrepl_expect_use(start, room.count &* MemoryLayout<Value>.stride)
      items.withUnsafeMutableBufferPointer { old in
        guard let from = old.baseAddress else { return }
        count = old.count
        start.moveInitialize(from: from, count: old.count)
        from.initialize(repeating: .unset, count: old.count)
      }
    }
  }
}
