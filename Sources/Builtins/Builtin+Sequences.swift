// Built-ins for what is not a tensor: lists, records, and going through several things at once.
import Autograd
import Diagnostics
import Interpreter
import Tensors

extension Builtin {
  static let sequences: [Builtin] = [
    Builtin(
      "zip(*sequences)", .sequences,
      "The first elements of each together, then the second ones, up to the end of the shortest; for loops.",
      example: "for x, y in zip([1, 2], list(\"one\", \"two\")) { print(x, y) }"
    ) { call throws(Diagnostic) in
      for sequence in call.rest { _ = try call.machine.length(of: sequence, call.span) }
      return .host(ZippedObject(call.rest))
    },
    Builtin(
      "enumerate(sequence, start=0)", .sequences,
      "Each element with its number, counted from `start`; for loops.",
      example: "for i, c in enumerate(\"ab\") { print(i, c) }"
    ) { call throws(Diagnostic) in
      let (sequence, start) = (call.value("sequence"), try call.int("start"))
      let count = try call.machine.length(of: sequence, call.span)
      guard let numbers = RangeObject(Double(start), Double(start) + Double(count), 1) else {
        throw BuiltinFault.endlessRange.at(call.span)
      }
      return .host(ZippedObject([.range(numbers), sequence]))
    },
    Builtin(
      "sorted(sequence, key=none, reverse=false)", .sequences,
      "The elements in order, as a list: numbers by size, strings by their letters, lists by their first difference.",
      example: "sorted(\"chain\")"
    ) { call throws(Diagnostic) in
      let items = try call.elements("sequence")
      var keys: [SortKey] = []
      for item in items {
        keys.append(try SortKey(call.has("key") ? try call.applied("key", [item]) : item, call))
      }
      if let odd = keys.first(where: { $0.kind != keys[0].kind }) {
        throw BuiltinFault.unlikeToSort(odd.kind, keys[0].kind).at(call.span)
      }
      let isFalling = try call.flag("reverse")
      // Equal ones keep their order, either way.
      let order = keys.indices.sorted { a, b in
        if keys[a] == keys[b] { return a < b }
        return isFalling ? keys[b] < keys[a] : keys[a] < keys[b]
      }
      return .list(ListObject(order.map { items[$0] }))
    },
    Builtin(
      "reversed(sequence)", .sequences, "The elements from the last to the first, as a list.",
      example: "reversed([1, 2, 3])"
    ) { call throws(Diagnostic) in
      .list(ListObject(try call.elements("sequence").reversed()))
    },
    Builtin(
      "map(f, *sequences)", .sequences,
      "What a function gives for each element, as a list; of several sequences, for each group of elements.",
      example: "map(fn(x) = x^2, [1, 2, 3])"
    ) { call throws(Diagnostic) in
      guard !call.rest.isEmpty else { throw BuiltinFault.nothingToGoThrough.at(call.span) }
      var results: [Value] = []
      var i = 0
      outer: while true {
        var arguments: [Value] = []
        for sequence in call.rest {
          guard let item = try call.machine.next(of: sequence, i, call.span) else { break outer }
          arguments.append(item)
        }
        try call.frame.step(call.span)
        results.append(try call.applied("f", arguments))
        i += 1
      }
      return try Value.list(ListObject(results)).nested(call.span)
    },
    Builtin(
      "set(sequence=none)", .sequences,
      "Each value once, as a list, in the order in which they first come.",
      example: "sorted(set(\"banana\"))"
    ) { call throws(Diagnostic) in
      var seen: Set<SortKey> = []
      var items: [Value] = []
      for item in call.has("sequence") ? try call.elements("sequence") : [] {
        if seen.insert(try SortKey(item, call)).inserted { items.append(item) }
      }
      return .list(ListObject(items))
    },
    Builtin(
      "keys(record)", .sequences, "The names of a record, as a list of strings.",
      example: "keys({\"a\": 1, \"b\": 2})"
    ) { call throws(Diagnostic) in
      .list(ListObject(try call.record("record").fields.map { Value($0.name) }))
    },
    Builtin(
      "values(record)", .sequences, "What stands under the names of a record, as a list.",
      example: "values({\"a\": 1, \"b\": 2})"
    ) { call throws(Diagnostic) in
      .list(ListObject(try call.record("record").fields.map { $0.value }))
    },
    Builtin(
      "items(record)", .sequences, "Each name of a record with its value, for loops.",
      example: "for name, n in {\"a\": 1, \"b\": 2}.items() { print(name, n) }"
    ) { call throws(Diagnostic) in
      let pairs = try call.record("record").fields.map { name, value in
        Value.list(ListObject([Value(name), value]))
      }
      return .list(ListObject(pairs))
    },
    Builtin(
      "get(record, name, otherwise=none)", .sequences,
      "What stands under a name of a record, or something else where there is no such name.",
      example: "counts = {\"a\": 2}; counts[\"b\"] = counts.get(\"b\", 0) + 1; counts"
    ) { call throws(Diagnostic) in
      try call.record("record")[try call.text("name")] ?? call.value("otherwise")
    },
  ]
}

extension BuiltinCall {
  /// The elements of what is only there to be gone through; nil for all else.
  func unrolled(_ value: Value) throws(Diagnostic) -> [Value]? {
    switch value {
    case .range: break
    case .host(let object) where object is ZippedObject: break
    default: return nil
    }
    var items: [Value] = []
    while let item = try machine.next(of: value, items.count, span) {
      try frame.step(span)
      items.append(item)
    }
    return items
  }

  /// All elements of something that can be looped over.
  fileprivate func elements(_ name: String) throws(Diagnostic) -> [Value] {
    let sequence = value(name)
    if case .list(let list) = sequence { return list.items }
    var items: [Value] = []
    while let item = try machine.next(of: sequence, items.count, span) {
      try frame.step(span)
      items.append(item)
    }
    return items
  }

  fileprivate func record(_ name: String) throws(Diagnostic) -> RecordObject {
    if case .record(let record) = value(name) { return record }
    throw wrong(name, "a record")
  }

  /// What a function that was handed over gives.
  func applied(_ name: String, _ arguments: [Value]) throws(Diagnostic) -> Value {
    try machine.call(value(name), Arguments(arguments), at: span, span, site, frame)
  }
}

/// What values are ordered by, and told apart by.
private enum SortKey: Hashable, Comparable {
  case number(Double)
  case text(String)
  case list([SortKey])

  init(_ value: Value, _ call: BuiltinCall) throws(Diagnostic) {
    switch value {
    case .number(let n): self = .number(n)
    case .bool(let on): self = .number(on ? 1 : 0)
    case .string(let string): self = .text(string.text)
    case .tensor(let node) where node.shape.rank == 0: self = .number(node.value[0])
    case .tensor(let node) where node.shape.rank == 1:
      self = .list(node.value.values.map { .number($0) })
    case .list(let list):
      var parts: [SortKey] = []
      for item in list.items { parts.append(try SortKey(item, call)) }
      self = .list(parts)
    default: throw BuiltinFault.notOrdered(value.kind).at(call.span)
    }
  }

  /// As messages name it.
  var kind: String {
    switch self {
    case .number: "a number"
    case .text: "a string"
    case .list: "a list"
    }
  }

  static func < (a: SortKey, b: SortKey) -> Bool {
    switch (a, b) {
    case (.number(let x), .number(let y)): x < y
    // By code points, as in Python.
    case (.text(let x), .text(let y)):
      x.unicodeScalars.lexicographicallyPrecedes(y.unicodeScalars)
    case (.list(let x), .list(let y)): x.lexicographicallyPrecedes(y)
    case (.number, _): true
    case (_, .number): false
    case (.text, _): true
    default: false
    }
  }
}
