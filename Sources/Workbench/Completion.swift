// What may come next: names, fields, named arguments, commands, files, symbols by their LaTeX names.
import Builtins
import Diagnostics
import Interpreter
import Lessons
import Training
import Session
import Syntax

/// What Tab does.
package struct Completion: Equatable {
  /// How many characters before the cursor the candidates replace.
  package let start: Int
  package let candidates: [String]

  package init(start: Int, candidates: [String]) {
    self.start = start
    self.candidates = candidates
  }

  /// What all candidates begin with.
  package var common: String {
    guard let first = candidates.first else { return "" }
    return candidates.dropFirst().reduce(first) { String($0.commonPrefix(with: $1)) }
  }
}

extension StringProtocol {
  fileprivate func commonPrefix(with other: String) -> String {
    String(zip(self, other).prefix { $0 == $1 }.map { $0.0 })
  }
}

extension Workbench {
  /// Candidates for what stands before the cursor.
  package func completion(_ before: String) -> Completion {
    if let symbol = symbol(before) { return symbol }
    // What follows the word counts, a space too.
    let trimmed = before.drop(while: { $0.isWhitespace })
    if trimmed.hasPrefix(":") {
      if let space = trimmed.firstIndex(of: " ") {
        let word = String(trimmed[trimmed.index(after: space)...].drop { $0.isWhitespace })
        if [":save", ":load"].contains(where: { $0.hasPrefix(trimmed[..<space]) }) {
          let lessons = Lesson.all.map { $0.name + ".nn" }.filter { $0.hasPrefix(word) }
          let scripts = paths(word).filter { $0.hasSuffix("/") || $0.hasSuffix(".nn") }
          let isLoad = ":load".hasPrefix(trimmed[..<space])
          return Completion(
            start: word.count,
            candidates: isLoad ? scripts + lessons.filter { !scripts.contains($0) } : scripts)
        }
        return names(before)
      }
      let word = String(trimmed.dropFirst())
      return Completion(
        start: word.count, candidates: Command.all.map { $0.name }.filter { $0.hasPrefix(word) })
    }
    if let path = openString(before) {
      return Completion(start: path.count, candidates: paths(path))
    }
    return names(before)
  }

  /// `\sigma` is σ.
  private func symbol(_ before: String) -> Completion? {
    guard let slash = before.lastIndex(of: "\\") else { return nil }
    let word = String(before[before.index(after: slash)...])
    guard word.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "^" }) else {
      return nil
    }
    if let exact = LaTeX.symbols[word] {
      return Completion(start: word.count + 1, candidates: [exact])
    }
    let names = LaTeX.symbols.keys.filter { $0.hasPrefix(word) }.sorted()
    return names.isEmpty
      ? nil : Completion(start: word.count + 1, candidates: names.map { "\\" + $0 })
  }

  /// The text of a string that is still open.
  private func openString(_ before: String) -> String? {
    var quote: Character?
    var start = before.startIndex
    for i in before.indices {
      if let open = quote {
        if before[i] == open { quote = nil }
      } else if before[i] == "\"" || before[i] == "'" {
        quote = before[i]
        start = before.index(after: i)
      }
    }
    return quote == nil ? nil : String(before[start...])
  }

  private func paths(_ typed: String) -> [String] {
    listFolder?(typed) ?? []
  }

  // MARK: Names

  private func names(_ before: String) -> Completion {
    let isPart: (Character) -> Bool = {
      $0.isLetter || $0.isNumber || $0 == "_" || $0 == "'" || $0.isMark
    }
    let word = String(before.reversed().prefix(while: isPart).reversed())
    let rest = before.dropLast(word.count)
    if rest.hasSuffix("?") {
      return Completion(start: word.count, candidates: known(word))
    }
    if rest.last == ".", let object = object(rest.dropLast()) {
      return Completion(
        start: word.count, candidates: fields(of: object).filter { $0.hasPrefix(word) })
    }
    if let derivatives = derivatives(rest, word) { return derivatives }
    let verb = verbArguments(rest)
    let named = (callee(rest).map(arguments) ?? verb).filter { $0.hasPrefix(word) }
    // With nothing typed yet, what the call takes is the answer; a verb takes nothing else.
    let isAlone = !named.isEmpty && (word.isEmpty || !verb.isEmpty)
    let candidates = isAlone ? named : named + known(word)
    return Completion(start: word.count, candidates: candidates)
  }

  private func known(_ word: String) -> [String] {
    let keywords = Token.Keyword.allCases.map { $0.rawValue }
    let own = session.machine.variables.map { $0.name }.filter { $0 != "_" || word == "_" }
    let all = Set(own + Builtin.names + Statement.words + keywords + ["help"]).filter {
      $0.hasPrefix(word)
    }
    // The learner's own names come first.
    let mine = Set(own)
    return all.sorted { (mine.contains($0) ? 0 : 1, $0) < (mine.contains($1) ? 0 : 1, $1) }
  }

  /// The value that a path such as `model[0].weight` names.
  private func object(_ text: Substring) -> Value? {
    let path = String(
      text.reversed().prefix { $0.isLetter || $0.isNumber || "_.[]".contains($0) }.reversed())
    let parts = path.split(whereSeparator: { ".[]".contains($0) }).map(String.init)
    guard let first = parts.first, var value = session.value(first) else { return nil }
    for part in parts.dropFirst() {
      guard case .layer(let layer) = value, let next = layer[part] else {
        guard case .record(let record) = value, let next = record[part] else { return nil }
        value = next
        continue
      }
      value = next
    }
    return value
  }

  private func fields(of value: Value) -> [String] {
    switch value {
    case .record(let record):
      return record.fields.map({ $0.name }) + ["keys", "values", "items", "get"]
    case .layer(let layer):
      return layer.fields.filter { !layer.isSequence || Int($0.name) == nil }.map { $0.name }
        + layer.methods.map { $0.name } + [
          "training", "train", "eval", "parameters", "zero_grad", "state",
        ]
    case .optimizer(let optimizer):
      return optimizer.settings.map { $0.name } + ["parameters", "step", "zero_grad"]
    case .host(let object): return object.fieldNames + ["step"]
    case .tensor, .number:
      let methods = Builtin.all.filter {
        [.shape, .elementwise, .reductions, .looking].contains($0.topic)
          && $0.parameters.first?.fallback == nil
      }
      return ["grad", "shape", "T", "rank", "size", "dtype", "requires_grad"]
        + Set((methods + Builtin.methods).map { $0.name }).sorted()
    case .string: return Workbench.methods(ofFirst: ["text", "separator", "x"], .text)
    case .list: return ["append"]
    default: return []
    }
  }

  /// Functions of a topic that take what stands before the dot first.
  private static func methods(ofFirst names: [String], _ topic: Builtin.Topic) -> [String] {
    Builtin.all.filter { $0.topic == topic && names.contains($0.parameters.first?.name ?? "") }
      .map { $0.name } + (topic == .text ? ["split"] : [])
  }

  /// After `explain` and `backward`, what there is to explain: `∂loss/∂w1` first; `d` is ∂ too.
  private func derivatives(_ before: String.SubSequence, _ word: String) -> Completion? {
    let line = before.split(whereSeparator: { $0 == "\n" || $0 == ";" }).last.map(String.init) ?? ""
    let verb = line.prefix { $0.isLetter }
    let typed = line.dropFirst(verb.count)
    guard verb == "explain" || verb == "backward", typed.hasPrefix(" ") else { return nil }
    let start = String(typed.drop { $0 == " " }) + word
    guard !start.contains(" "), !start.contains(",") else { return nil }
    var (roots, leaves): ([String], [String]) = ([], [])
    for (name, value) in session.machine.variables where name != "_" {
      guard case .tensor(let node) = value, node.isTracked else { continue }
      if node.isParameter { leaves.append(name) } else if node.isScalar { roots.append(name) }
    }
    // The last value, which is the loss as a rule, comes first.
    roots.reverse()
    if verb == "backward" {
      let found = roots.filter { $0.hasPrefix(start) }
      return found.isEmpty ? nil : Completion(start: start.count, candidates: found)
    }
    let wanted =
      start.first == "d" && !roots.contains { $0.hasPrefix(start) }
      ? "∂" + start.dropFirst() : start
    let all = roots.prefix(1).flatMap { root in leaves.map { "∂\(root)/∂\($0)" } } + roots
    let found = all.filter { $0.hasPrefix(wanted) }
    return found.isEmpty ? nil : Completion(start: start.count, candidates: found)
  }

  /// What a verb takes after its value: `backward loss, pause=true`.
  private func verbArguments(_ before: Substring) -> [String] {
    let line = before.split(whereSeparator: { $0 == "\n" || $0 == ";" }).last ?? ""
    let verb = line.split(separator: " ").first.map(String.init) ?? ""
    guard line.contains(","), !before.hasSuffix("\n") else { return [] }
    return Verb(rawValue: verb)?.options.map { $0 + "=" } ?? []
  }

  /// The function whose arguments are being typed.
  private func callee(_ before: Substring) -> String? {
    var open = 0
    var i = before.endIndex
    while i > before.startIndex {
      i = before.index(before: i)
      if ")]}".contains(before[i]) { open += 1 }
      guard "([{".contains(before[i]) else { continue }
      if open > 0 {
        open -= 1
        continue
      }
      guard before[i] == "(" else { return nil }
      let name = before[..<i].reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        .reversed()
      return name.isEmpty ? nil : String(name)
    }
    return nil
  }

  private func arguments(of name: String) -> [String] {
    if case .function(let function)? = session.value(name) {
      return function.code.parameters.map { $0.name + "=" }
    }
    let builtin = Builtin.named(name)
    return ((builtin?.parameters ?? []) + (builtin?.function?.parameters ?? []))
      .filter { !$0.isVariadic }.map { $0.name + "=" }
  }
}

extension Character {
  fileprivate var isMark: Bool {
    unicodeScalars.allSatisfy { $0.properties.generalCategory == .nonspacingMark }
  }
}

/// Symbols by the names that LaTeX gives them.
enum LaTeX {
  static let symbols: [String: String] = {
    var table = [
      "partial": "∂", "nabla": "∇", "cdot": "·", "times": "×", "le": "≤", "ge": "≥", "ne": "≠",
      "approx": "≈", "infty": "∞", "leftarrow": "←", "rightarrow": "→", "in": "∈", "sum": "∑",
      "prod": "∏", "sqrt": "√", "yhat": "ŷ", "what": "ŵ", "prime": "′",
    ]
    let greek = [
      "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
      "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
      "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
      "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
      "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
    ]
    table.merge(greek) { a, _ in a }
    for digit in 0...9 {
      let subscripted = Unicode.Scalar(0x2080 + UInt32(digit)).map { String(Character($0)) } ?? ""
      table["_\(digit)"] = subscripted
    }
    for (name, mark) in zip(["_i", "_j", "_n", "_t", "_x"], ["ᵢ", "ⱼ", "ₙ", "ₜ", "ₓ"]) {
      table[name] = mark
    }
    return table
  }()
}
