// What a name can stand for, as far as a program's text tells: enough to choose PyTorch's words.

/// A function that a name may stand for.
enum Callee: Hashable, Comparable, Sendable {
  /// Of the language, by its name.
  case builtin(String)
  /// Of the learner, by where it is written.
  case written(String)

  private var mark: String {
    switch self {
    case .builtin(let name): "0" + name
    case .written(let place): "1" + place
    }
  }

  static func < (a: Callee, b: Callee) -> Bool { a.mark < b.mark }
}

/// A kind of value.
indirect enum ValueKind: Equatable, Sendable {
  /// Nothing is known yet: the bottom of the order.
  case unset
  case none
  /// A plain number of Python; whole ones are ints. Nil: now this, now that.
  case number(isWhole: Bool?)
  case truth
  case string
  /// Floating-point numbers.
  case tensor
  /// A row of whole numbers in brackets: floating-point, and likely to be class numbers.
  case vector
  /// A leaf that learns.
  case parameter
  /// Whole numbers or truth values.
  case wholes
  /// A tensor of whichever type.
  case anyTensor
  case shape
  case list(ValueKind)
  case record
  case range
  case callable(Set<Callee>)
  /// A layer. `cutsRows`: a part of a batch gives the same part of the answers.
  case module(type: String, cutsRows: Bool)
  case optimizer
  case schedule
  case dataset(targets: ValueKind)
  case loader(targets: ValueKind)
  case figure
  /// Anything.
  case any

  static let whole = ValueKind.number(isWhole: true)
  static let fraction = ValueKind.number(isWhole: false)
  static let mixed = ValueKind.number(isWhole: nil)

  var isTensor: Bool {
    switch self {
    case .tensor, .vector, .parameter, .wholes, .anyTensor: true
    default: false
    }
  }

  /// A tensor of floating-point numbers for certain.
  var isFloating: Bool {
    switch self {
    case .tensor, .vector, .parameter: true
    default: false
    }
  }

  var isNumber: Bool {
    switch self {
    case .number, .truth: true
    default: false
    }
  }

  var isModule: Bool { if case .module = self { true } else { false } }

  var element: ValueKind {
    switch self {
    case .list(let kind): kind == .unset ? .any : kind
    case .tensor, .vector, .parameter: .tensor
    case .wholes: .wholes
    case .anyTensor: .anyTensor
    case .range, .shape: .whole
    case .string: .string
    case .module: .module(type: "", cutsRows: false)
    default: .any
    }
  }

  /// What covers both.
  func joined(_ other: ValueKind) -> ValueKind {
    if self == other { return self }
    switch (self, other) {
    case (.unset, let kind), (let kind, .unset): return kind
    case (.number, .number): return .number(isWhole: nil)
    case (.list(let a), .list(let b)): return .list(a.joined(b))
    case (.callable(let a), .callable(let b)): return .callable(a.union(b))
    case (.module(let a, let x), .module(let b, let y)):
      return .module(type: a == b ? a : "", cutsRows: x && y)
    case (.dataset(let a), .dataset(let b)): return .dataset(targets: a.joined(b))
    case (.loader(let a), .loader(let b)): return .loader(targets: a.joined(b))
    default:
      if isFloating, other.isFloating { return .tensor }
      return isTensor && other.isTensor ? .anyTensor : .any
    }
  }
}

/// A piece of Python: how tightly its outermost operator binds, and what it stands for.
struct Piece {
  let text: String
  /// 1 or, 2 and, 3 not, 4 comparison, 5 sum, 6 product, 7 sign, 8 power, 9 call; 0 a lambda.
  let strength: Int
  let kind: ValueKind

  init(_ text: String, _ kind: ValueKind, strength: Int = 9) {
    (self.text, self.kind, self.strength) = (text, kind, strength)
  }

  /// As it stands before a dot.
  var receiver: String { Double(text) == nil ? bound(9) : "(\(text))" }

  /// In brackets where it binds too loosely.
  func bound(_ least: Int) -> String { strength < least ? "(\(text))" : text }
}

/// Why something has no words in PyTorch.
struct Uncarried: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}
