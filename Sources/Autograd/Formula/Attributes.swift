// What an op was told besides its operands: axes, slopes, indices.
import Tensors

/// One setting of an op.
package enum Attribute: Sendable {
  case number(Double)
  case flag(Bool)
  case text(String)
  case ints([Int])
  case index([IndexEntry])
}

/// What stands in one place of an index: written there, or a tensor that is an operand of its own, so that it
/// is computed again when the graph is replayed.
package enum IndexEntry: Sendable {
  case item(IndexItem)
  /// Places, or truth values, by the number of the operand.
  case operand(Int)
}

extension IndexEntry {
  /// As the learner would write it.
  /// - Parameter operands: the texts of operands 1, 2, …
  func text(_ operands: [String]) -> String {
    switch self {
    case .operand(let k): k - 1 < operands.count ? operands[k - 1] : "index"
    case .item(.at(let i)): "\(i)"
    case .item(.slice(let start, let stop, let step)):
      (start.map(String.init) ?? "") + ":" + (stop.map(String.init) ?? "")
        + (step == 1 ? "" : ":\(step)")
    case .item(.ellipsis): "..."
    case .item(.newAxis): "none"
    case .item(.list(let t)), .item(.mask(let t)): t.text()
    }
  }

  /// As an argument of a function, where a range has no colon.
  func argument(_ operands: [String]) -> String {
    guard case .item(.slice(let start, let stop, let step)) = self else { return text(operands) }
    let bounds =
      [start, stop].map { $0.map(String.init) ?? "none" } + (step == 1 ? [] : ["\(step)"])
    return "slice(\(bounds.joined(separator: ", ")))"
  }
}

extension Attribute {
  /// Whether two settings are the same; one length stands for equal ones on every axis.
  func matches(_ other: Attribute) -> Bool {
    switch (self, other) {
    case (.number(let a), .number(let b)): a == b
    case (.flag(let a), .flag(let b)): a == b
    case (.text(let a), .text(let b)): a == b
    case (.ints(let a), .ints(let b)): Set(a) == Set(b) && (a.count == b.count || b.count == 1)
    default: false
    }
  }
}

/// The settings of one op application, in the order in which they are written.
package struct Attributes: Sendable {
  /// What is hidden the reader need not see: it is PyTorch's default.
  private var entries: [(name: String, value: Attribute, isHidden: Bool)] = []

  package init() {}
  package init(_ entries: (String, Attribute)...) { self.init(entries) }
  package init(_ entries: [(String, Attribute)]) {
    self.entries = entries.map { ($0.0, $0.1, false) }
  }

  package var isEmpty: Bool { entries.isEmpty }

  /// Gives a setting a value; a hidden one is not printed.
  package mutating func set(_ name: String, _ value: Attribute, hidden isHidden: Bool = false) {
    entries.append((name, value, isHidden))
  }

  mutating func hide(_ name: String) {
    for i in entries.indices where entries[i].name == name { entries[i].isHidden = true }
  }

  /// All but one.
  package func without(_ name: String) -> Attributes {
    var rest = self
    rest.entries.removeAll { $0.name == name }
    return rest
  }

  package subscript(name: String) -> Attribute? { entries.first { $0.name == name }?.value }

  /// A numeric setting; nil if it is absent or of another kind.
  package func number(_ name: String) -> Double? {
    if case .number(let n)? = self[name] { n } else { nil }
  }
  /// A setting that is on or off; off if it is absent.
  package func flag(_ name: String) -> Bool {
    if case .flag(true)? = self[name] { true } else { false }
  }
  /// A setting that is one of several words.
  package func word(_ name: String) -> String? {
    if case .text(let word)? = self[name] { word } else { nil }
  }
  /// A setting of axes, lengths or places.
  package func ints(_ name: String) -> [Int]? {
    if case .ints(let list)? = self[name] { list } else { nil }
  }

  /// Axes to fold: none named means all.
  package var dims: [Int] { ints("dim") ?? [] }
  package var keepdim: Bool { flag("keepdim") }

  /// As the learner would write them: `dim=0, keepdim=true`, or `2, 3` for a shape.
  package var text: String {
    entries.filter { !$0.isHidden }
      .map { name, value, _ in
        switch value {
        case .number(let n): "\(name)=\(NumberFormat(digits: 6)(n))"
        case .flag(let on): "\(name)=\(on)"
        case .text(let word): "\(name)=\"\(word)\""
        case .ints(let list) where name.hasPrefix("_"):
          list.map(String.init).joined(separator: ", ")
        case .ints(let list) where list.count == 1: "\(name)=\(list[0])"
        case .ints(let list): "\(name)=[\(list.map(String.init).joined(separator: ", "))]"
        case .index(let entries): entries.map { $0.text([]) }.joined(separator: ", ")
        }
      }.joined(separator: ", ")
  }

  /// What stands in the brackets of an index.
  package var index: [IndexEntry] {
    if case .index(let entries)? = self["index"] { entries } else { [] }
  }

  /// The same as text.
  /// - Parameter operands: the texts of operands 1, 2, …
  func indexText(_ operands: [String]) -> String {
    index.map { $0.text(operands) }.joined(separator: ", ")
  }
}
