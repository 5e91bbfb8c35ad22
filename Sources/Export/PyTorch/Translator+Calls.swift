// Calls: arguments bound to the table's parameters, each in the form that PyTorch takes.
import Syntax

/// A call with its arguments by the parameters that take them.
struct BoundCall {
  let row: NameRow
  /// By parameter; variadic ones have several.
  var given: [[Expression]]
  /// How many stand by place.
  var placed: Int
  /// Names that the row does not have.
  var extra: [(name: String, value: Expression)] = []
  let isMethod: Bool

  init(_ row: NameRow, _ arguments: [Expression.Argument], isMethod: Bool) {
    (self.row, self.isMethod) = (row, isMethod)
    given = [[Expression]](repeating: [], count: row.parameters.count)
    placed = 0
    var next = 0
    for argument in arguments {
      if let name = argument.name {
        if let i = row.parameters.firstIndex(where: { $0.name == name && !$0.isVariadic }) {
          given[i].append(argument.value)
        } else {
          extra.append((name, argument.value))
        }
      } else if next < row.parameters.count {
        given[next].append(argument.value)
        if row.parameters[next].isVariadic { continue }
        next += 1
        placed = next
      }
    }
  }

  subscript(name: String) -> Expression? {
    guard let i = row.parameters.firstIndex(where: { $0.name == name }) else { return nil }
    return given[i].first
  }

  func has(_ name: String) -> Bool { self[name] != nil }
}

extension Translator {
  func call(
    _ callee: Expression, _ arguments: [Expression.Argument], _ whole: Expression
  ) throws(Uncarried) -> Piece {
    switch callee.kind {
    case .field(let base, let name, _): return try method(base, name, arguments)
    case .name(let name):
      if let row = chosenRow(name, arguments) {
        return try builtin(BoundCall(row, arguments, isMethod: false))
      }
      return try called(try piece(callee), arguments)
    default: return try called(try piece(callee), arguments)
    }
  }

  /// A name that both a layer and a function have: a tensor asks for the function.
  func chosenRow(_ name: String, _ arguments: [Expression.Argument]) -> NameRow? {
    guard kind(of: name) == nil, let row = NameRow.byName[name] else { return nil }
    guard let layer = NameRow.layerByName[name] else { return row }
    guard row.form != .module, let first = arguments.first else { return layer }
    if first.name != nil { return row.parameters[0].name == first.name ? row : layer }
    guard let kind = try? piece(first.value).kind else { return row }
    return kind.isTensor ? row : kind.isNumber ? layer : arguments.count > 1 ? row : layer
  }

  /// Methods that PyTorch has under the same names with the same arguments.
  private static let tensorMethods: Set<String> = [
    "size", "numel", "nelement", "dim", "float", "double", "long", "int", "bool", "clone", "repeat",
    "unfold",
  ]

  func method(
    _ base: Expression, _ name: String, _ arguments: [Expression.Argument]
  ) throws(Uncarried) -> Piece {
    let object = try piece(base)
    let receiver = Expression.Argument(name: nil, value: base)
    let isPlain = object.kind.isTensor || object.kind == .any
    if isPlain, Translator.tensorMethods.contains(name) {
      let inner = try arguments.map { a throws(Uncarried) in
        (a.name.map { names[$0] + "=" } ?? "") + (try piece(a.value).text)
      }
      let kinds: [String: ValueKind] = [
        "size": arguments.isEmpty ? .shape : .whole, "numel": .whole, "nelement": .whole,
        "dim": .whole, "long": .wholes, "int": .wholes, "bool": .wholes,
      ]
      // With ours at float64, a layer takes floats of either type; PyTorch's takes its own only.
      let own = name == "float" && object.kind == .wholes && !isFloat32 ? "double" : name
      return Piece(
        "\(object.receiver).\(own)(\(inner.joined(separator: ", ")))", kinds[name] ?? .tensor)
    }
    let isOwn =
      switch object.kind {
      case .record: true
      case .module: NameRow.byName[name] == nil || declaredFields.contains(name)
      default: false
      }
    let known = name == "view" ? "reshape" : name
    if !isOwn, let row = NameRow.byName[known] {
      return try builtin(BoundCall(row, [receiver] + arguments, isMethod: true))
    }
    if !isOwn, let kind = kind(of: name), case .callable = kind {
      return try called(Piece(written(name), kind), [receiver] + arguments)
    }
    return try called(Piece("\(object.bound(9)).\(attributes[name])", .any), arguments)
  }

  /// A call of what is no built-in by its name.
  func called(_ callee: Piece, _ arguments: [Expression.Argument]) throws(Uncarried) -> Piece {
    var pieces: [(name: String?, piece: Piece, value: Expression)] = []
    let named = arguments.filter { $0.name != nil }
    guard Set(named.compactMap({ $0.name })).count == named.count else {
      throw Uncarried("an argument is given twice")
    }
    for a in arguments.filter({ $0.name == nil }) + named {
      pieces.append((a.name, try piece(a.value), a.value))
    }
    if case .module(let type, _) = callee.kind {
      var texts: [String] = []
      for item in pieces {
        let name = item.name.map { names[$0] + "=" } ?? ""
        let isPlace = type == "embedding"
        // A state may be none yet.
        let isState = item.piece.kind == .none || item.piece.kind == .any && !texts.isEmpty
        texts.append(
          name
            + (isState
              ? item.piece.text
              : isPlace ? try argument(item.value, .places) : floats(item.piece)))
      }
      if type == "multihead_attention", texts.count == 1 {
        var input = texts[0]
        if !input.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }) {
          let name = names.own("query")
          pending.append("\(name) = \(input)")
          input = name
        }
        texts = [input, input, input]
      }
      let isPair = ["rnn", "lstm", "gru", "multihead_attention"].contains(type)
      let made = "\(callee.bound(9))(\(texts.joined(separator: ", ")))"
      return Piece(made, isPair ? .list(.any) : fieldKinds["layer " + type] ?? .tensor)
    }
    var modes: [ArgumentMode] = []
    var result = ValueKind.unset
    if case .callable(let callees) = callee.kind {
      for callee in callees.sorted() {
        switch callee {
        case .builtin(let name):
          guard let row = NameRow.byName[name] else { continue }
          if modes.isEmpty { modes = row.parameters.map { $0.mode } }
          result = result.joined(kind(of: row.outcome, row, nil))
        case .written(let place):
          let facts = functionFacts(place)
          for (i, item) in pieces.enumerated() {
            let slot = item.name.map { facts.names.firstIndex(of: $0) } ?? i
            if let slot, slot < facts.kinds.count {
              facts.kinds[slot] = facts.kinds[slot].joined(item.piece.kind)
            }
          }
          result = result.joined(
            facts.type.map { .module(type: $0, cutsRows: facts.cutsRows) } ?? facts.given)
        }
      }
    }
    var texts: [String] = []
    for (i, item) in pieces.enumerated() {
      let name = item.name.map { names[$0] + "=" } ?? ""
      let mode = i < modes.count && item.name == nil ? modes[i] : .any
      texts.append(name + (try argument(item.value, mode)))
    }
    return Piece(
      "\(callee.bound(9))(\(texts.joined(separator: ", ")))", result == .unset ? .any : result)
  }

  // MARK: Built-ins

  func builtin(_ call: BoundCall) throws(Uncarried) -> Piece {
    let row = call.row
    guard call.extra.isEmpty || row.name == "record" else {
      throw Uncarried("`\(row.name)` takes no `\(call.extra[0].name)`")
    }
    if row.form == .special { return try special(call) }
    if let scalar = row.scalar, let plain = try plain(call, scalar) { return plain }
    var parts = try arguments(of: call)
    let outcome = kind(
      of: row.outcome, row,
      try call.given.first?.first.map { e throws(Uncarried) in try piece(e).kind })
    switch row.form {
    case .call, .schedule, .optimizer:
      if row.form == .optimizer, !call.has("params") {
        guard !history.reached.isEmpty else {
          throw Uncarried("`\(row.name)` without parameters needs a backward pass before it")
        }
        parts.insert(history.reachedText, at: 0)
      }
      if row.name == "clock" { imports.insert("import time") }
      if row.target.hasPrefix("math.") { imports.insert("import math") }
      let receiver = call.given.first?.first
      let isMethod =
        call.isMethod && row.target.hasPrefix("torch.")
        && row.target.split(separator: ".").count == 2
        && receiver != nil && row.parameters.first?.mode != .tensors
      if isMethod, let first = parts.first {
        let name = row.target.dropFirst(6)
        let isName = first.allSatisfy { $0.isLetter || $0.isNumber || "_.".contains($0) }
        // What was converted on the way ends with a call.
        let own = try receiver.map { e throws(Uncarried) in try piece(e) }
        let binds =
          own?.text == first
          ? (own?.strength ?? 0) >= 9 : first.hasPrefix("torch.") && !first.contains(" ")
        let object = isName || binds ? first : "(\(first))"
        return Piece("\(object).\(name)(\(parts.dropFirst().joined(separator: ", ")))", outcome)
      }
    case .method:
      let object = try floatsOf(call, parts)
      return Piece("\(object).\(row.target)(\(parts.dropFirst().joined(separator: ", ")))", outcome)
    case .module: return module(call, parts)
    case .helper: need(row.target)
    case .data: return try data(call, parts)
    case .special: break
    }
    return Piece("\(row.target)(\(parts.joined(separator: ", ")))", outcome)
  }

  func floatsOf(_ call: BoundCall, _ parts: [String]) throws(Uncarried) -> String {
    guard let receiver = call.given.first?.first else { throw Uncarried("nothing to apply it to") }
    let object = try piece(receiver)
    return object.kind.isNumber
      || object.kind.isTensor == false && call.row.parameters[0].mode == .tensor
      ? parts[0] : object.bound(9)
  }

  /// Plain numbers stay plain where Python has a function for them.
  func plain(_ call: BoundCall, _ scalar: String) throws(Uncarried) -> Piece? {
    var pieces: [Piece] = []
    for value in call.given.flatMap({ $0 }) { pieces.append(try piece(value)) }
    let isEither = scalar == "abs"
    guard !pieces.isEmpty, pieces.allSatisfy({ $0.kind.isNumber || isEither && $0.kind != .shape })
    else { return nil }
    if scalar.hasPrefix("math.") { imports.insert("import math") }
    let isWhole =
      scalar == "math.floor" || scalar == "round"
      || pieces.allSatisfy { $0.kind == .whole } && !scalar.hasPrefix("math.")
    let kind =
      pieces[0].kind.isNumber
      ? ValueKind.number(isWhole: isWhole) : pieces[0].kind.isFloating ? .tensor : pieces[0].kind
    return Piece("\(scalar)(\(pieces.map { $0.text }.joined(separator: ", ")))", kind)
  }

  func kind(of outcome: CallResult, _ row: NameRow, _ first: ValueKind?) -> ValueKind {
    switch outcome {
    case .none: .none
    case .tensor: .tensor
    case .wholes: .wholes
    case .anyTensor: .anyTensor
    case .number: .fraction
    case .whole: .whole
    case .optimizer: .optimizer
    case .schedule: .schedule
    case .figure: .figure
    case .list: .list(.tensor)
    case .pair: .record
    case .like:
      switch first {
      case .wholes?: .wholes
      case .whole? where row.name == "arange": .wholes
      case let kind? where kind.isFloating || kind.isNumber: .tensor
      case .module(let type, let cuts)?: .module(type: type, cutsRows: cuts)
      default: .anyTensor
      }
    case .any:
      row.form == .module
        ? .module(type: row.name, cutsRows: !row.mixes || row.name.hasPrefix("batch")) : .any
    }
  }

  // MARK: Layers and data

  func module(_ call: BoundCall, _ parts: [String]) -> Piece {
    let row = call.row
    var parts = parts
    var target = row.target
    if isDistributed, let own = Translator.shared[row.name] {
      target = own
      need(row.name == "dropout" ? "SharedDropout" : "SharedBatchNorm")
    }
    let widens = row.draws && !isFloat32
    if widens { parts.append("dtype=torch.float32") }
    let kind = kind(of: row.outcome, row, nil)
    return Piece(
      "\(target)(\(parts.joined(separator: ", ")))" + (widens && !isStage ? ".double()" : ""), kind)
  }

  /// Layers that look at a whole batch.
  static let shared = [
    "dropout": "SharedDropout", "batchnorm1d": "SharedBatchNorm1d",
    "batchnorm2d": "SharedBatchNorm2d",
  ]

  private static let shipped = ["iris", "wine", "breast_cancer", "digits"]

  func data(_ call: BoundCall, _ parts: [String]) throws(Uncarried) -> Piece {
    let row = call.row
    if Translator.shipped.contains(row.name) {
      if call.has("n") {
        return Piece(
          "torch.set_printoptions(precision=\(try whole(call["n"] ?? call.given[0][0])))", .none)
      }
      need("load_csv")
      files.insert(row.name + ".csv")
      return Piece("load_csv(\"\(row.name).csv\")", .dataset(targets: .wholes))
    }
    need(row.target)
    var targets = ValueKind.wholes
    if row.name == "load_csv" { targets = .anyTensor }
    if row.name == "dataset", let y = call["y"] { targets = try piece(y).kind }
    return Piece(
      "\(row.target)(\(parts.joined(separator: ", ")))", .dataset(targets: targets))
  }
}
