// What an op was told besides its operands: axes, slopes, indices.
import Tensors

/// One setting of an op.
package enum Attribute: Sendable {
  case number(Double)
  case flag(Bool)
  case text(String)
  case ints([Int])
  case index([IndexItem], String)
}

/// The settings of one op application, in the order in which they are written.
package struct Attributes: Sendable {
  private var entries: [(name: String, value: Attribute)] = []
  /// Settings that the reader need not see: they are PyTorch's defaults.
  private var hidden: Set<String> = []

  package init(_ entries: (String, Attribute)...) { self.entries = entries.map { ($0.0, $0.1) } }

  package var isEmpty: Bool { entries.isEmpty }

  package mutating func set(_ name: String, _ value: Attribute, hidden isHidden: Bool = false) {
    entries.append((name, value))
    if isHidden { hidden.insert(name) }
  }

  package subscript(name: String) -> Attribute? { entries.first { $0.name == name }?.value }

  package func number(_ name: String) -> Double? {
    if case .number(let n)? = self[name] { n } else { nil }
  }
  package func flag(_ name: String) -> Bool {
    if case .flag(true)? = self[name] { true } else { false }
  }
  package func word(_ name: String) -> String? {
    if case .text(let word)? = self[name] { word } else { nil }
  }
  package func ints(_ name: String) -> [Int]? {
    if case .ints(let list)? = self[name] { list } else { nil }
  }

  /// Axes to fold: none named means all.
  package var dims: [Int] { ints("dim") ?? [] }
  package var keepdim: Bool { flag("keepdim") }

  /// As the learner would write them: `dim=0, keepdim=true`, or `2, 3` for a shape.
  package var text: String {
    entries.filter { !hidden.contains($0.name) }
      .map { name, value in
        switch value {
        case .number(let n): "\(name)=\(NumberFormat(digits: 6)(n))"
        case .flag(let on): "\(name)=\(on)"
        case .text(let word): "\(name)=\"\(word)\""
        case .ints(let list) where name.hasPrefix("_"):
          list.map(String.init).joined(separator: ", ")
        case .ints(let list) where list.count == 1: "\(name)=\(list[0])"
        case .ints(let list): "\(name)=[\(list.map(String.init).joined(separator: ", "))]"
        case .index(_, let text): text
        }
      }.joined(separator: ", ")
  }

  var indexText: String {
    if case .index(_, let text)? = entries.first?.value { text } else { text }
  }
}
