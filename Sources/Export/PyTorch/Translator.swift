// From the tree of a program to Python: names and what they stand for, and the lines as they come.
import Diagnostics
import Syntax

/// The names of a part of a program.
final class PythonScope {
  /// How a name of a layer is reached.
  enum Place { case plain, ofSelf }

  let parent: PythonScope?
  let isTop: Bool
  /// Of a layer's own code: where its fields are made.
  let isInit: Bool
  var kinds: [String: ValueKind] = [:]
  /// Fields and methods of a layer, reached through `self`.
  var fields: Set<String> = []
  /// Names that the body gives a value to.
  var own: Set<String>
  /// Models whose gradients are averaged over processes, by the name of what does so.
  var parallel: [String: String] = [:]
  /// Names in `own` that a body changes but an outer function owns.
  var outer: Set<String> = []

  init(_ parent: PythonScope?, own: Set<String> = [], isInit: Bool = false) {
    (self.parent, self.own, self.isInit) = (parent, own, isInit)
    isTop = parent == nil
  }
}

/// What is known of a function of the learner.
final class FunctionFacts {
  var names: [String] = []
  /// What this pass has seen given to it and made by it.
  var kinds: [ValueKind] = []
  var result = ValueKind.unset
  /// What the pass before has.
  private(set) var known: [ValueKind] = []
  private var before = ValueKind.unset
  var uses: Set<String> = []
  /// Calling it again would do more than compute.
  var isImpure = false
  /// A layer.
  var type: String?
  var cutsRows = true

  /// What calls of it give.
  var given: ValueKind {
    result != .unset ? result : before != .unset ? before : .any
  }

  func beginPass() {
    (known, before) = (kinds, result)
    kinds = kinds.map { _ in .unset }
    result = .unset
  }
}

/// Which expression, and whether it is a stage of a sequence.
struct PieceKey: Hashable {
  let span: Span
  let isStage: Bool
}

/// Kinds by name: what one pass finds is what the next one goes by.
final class Learned {
  private var found: [String: ValueKind] = [:]
  private var before: [String: ValueKind] = [:]

  func beginPass() { (before, found) = (found, [:]) }

  func add(_ name: String, _ kind: ValueKind) { found[name] = (found[name] ?? .unset).joined(kind) }

  subscript(name: String) -> ValueKind? { before[name] ?? found[name] }
}

/// Translates a program, several times: what one pass learns of functions and loops, the next one
/// uses.
final class Translator {
  let names: PythonNames
  let attributes: PythonNames
  let isDistributed: Bool
  var facts: [String: FunctionFacts] = [:]
  /// All that a global name ever stands for.
  let globals = Learned()
  /// Fields of layers, by name.
  let fieldKinds = Learned()
  /// What names stand for at the end of a loop's body, by where the loop is and their name.
  let loopEnds = Learned()
  /// Names whose gradients are looked at.
  var watched: Set<String> = []
  /// Fields of the program's records and layers.
  var declaredFields: Set<String> = []

  // What one pass makes.
  var scope = PythonScope(nil)
  var lines: [String] = []
  var indent = 0
  /// Lines that must stand before the statement at hand.
  var pending: [String] = []
  var helpers: Set<String> = []
  var imports: Set<String> = []
  var files: Set<String> = []
  var remarks: [String] = []
  var lost: Set<String> = []
  /// Names that may have other values than were recorded.
  var unchecked: Set<String> = []
  var history = History()
  var isFloat32 = false
  /// Functions and loops around the statement at hand.
  var functionDepth = 0
  var loopDepth = 0
  /// Statements of the innermost loop or function.
  var block: [Statement] = []
  /// The function whose result is given.
  var resultOf: FunctionFacts?
  /// `no_grad` blocks around the statement at hand.
  var unrecorded = 0
  var openNoGrad: Int?
  /// What the statement at hand has been translated of, and how deep in it the place at hand is.
  var pieces: [PieceKey: Piece] = [:]
  var depth = 0
  var bracketDepth = 0
  /// The line that gives a name its value, in the statement at hand.
  var assignedLine: Int?
  /// A layer within a sequence is widened with it.
  var isStage = false
  /// The source at hand, and the line in the notebook at which it begins.
  var code: CellText
  var narrations = Narrations()
  var program: [Statement] = []
  /// Losses that compare every row with every row.
  var crossesRows = false

  init(names: PythonNames, attributes: PythonNames, isDistributed: Bool) {
    (self.names, self.attributes, self.isDistributed) = (names, attributes, isDistributed)
    code = CellText(number: 0, source: "", firstLine: 1)
  }

  /// Makes everything new but what has been learned.
  /// - Parameter pass: from 0. What loops do to names counts when functions are known.
  func begin(pass: Int, isFloat32: Bool) {
    for learned in [globals, fieldKinds, loopEnds] { learned.beginPass() }
    if pass < 3 { loopEnds.beginPass() }
    for facts in facts.values { facts.beginPass() }
    (scope, lines, indent, pending) = (PythonScope(nil), [], 0, [])
    (helpers, imports, files, remarks, lost) = ([], [], [], [], [])
    unchecked = []
    (history, self.isFloat32) = (History(), isFloat32)
    (functionDepth, loopDepth, openNoGrad, isStage) = (0, 0, nil, false)
  }

  // MARK: Lines

  func emit(_ text: String) {
    flush()
    openNoGrad = nil
    append(text)
  }

  /// A text of several lines is moved as a whole.
  private func append(_ text: String) {
    let tabs = String(repeating: "    ", count: indent)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      lines.append(line.isEmpty ? "" : tabs + line)
    }
  }

  func flush() {
    let ready = pending
    pending = []
    if !ready.isEmpty { openNoGrad = nil }
    for line in ready { append(line) }
  }

  func comment(_ text: String) {
    for line in PythonText.comment(text) { emit(line) }
  }

  /// A line in a `with torch.no_grad():`; neighbours share one.
  func emitUnrecorded(_ text: String) {
    flush()
    let tabs = String(repeating: "    ", count: indent)
    if openNoGrad != indent { lines.append(tabs + "with torch.no_grad():") }
    indent += 1
    append(text)
    indent -= 1
    openNoGrad = indent
  }

  /// Adds a comment behind the last line.
  func annotate(_ text: String, at line: Int? = nil) {
    guard let last = line ?? lines.indices.last, !lines[last].contains("  # "), !text.isEmpty else {
      return
    }
    let note = "  # " + PythonText.line(text)
    if lines[last].count + note.count <= 100 {
      lines[last] += note
    } else {
      let tabs = lines[last].prefix { $0 == " " }
      lines.insert(String(tabs) + String(note.dropFirst(2)), at: last + 1)
      openNoGrad = nil
    }
  }

  func indented(_ body: () throws(Uncarried) -> Void) throws(Uncarried) {
    indent += 1
    defer { indent -= 1 }
    let before = lines.count
    openNoGrad = nil
    try body()
    let isEmpty = lines[min(before, lines.count)...].allSatisfy {
      $0.drop { $0 == " " }.hasPrefix("#")
    }
    if isEmpty { emit("pass") }
    openNoGrad = nil
  }

  func need(_ helper: String) {
    guard helpers.insert(helper).inserted else { return }
    for other in PythonHelper.named(helper)?.needs ?? [] { need(other) }
  }

  func remark(_ text: String, at place: Int) {
    let line = code.line(at: place)
    let text = "Line \(line): \(PythonText.line(text))"
    if !remarks.contains(text) { remarks.append(text) }
  }

  // MARK: Names

  /// What a name stands for here; nil for one that the program does not have.
  func kind(of name: String) -> ValueKind? {
    var place: PythonScope? = scope
    while let here = place {
      if let kind = here.kinds[name] {
        // A function may be called at any time.
        return here.isTop && functionDepth > 0 ? kind.joined(globals[name] ?? .unset) : kind
      }
      if here.fields.contains(name) { return fieldKinds[name] ?? .any }
      if here.isTop { break }
      if here.own.contains(name) { return .any }
      place = here.parent
    }
    if functionDepth > 0 { return globals[name] }
    return nil
  }

  func set(_ name: String, _ kind: ValueKind) {
    scope.kinds[name] = kind
    scope.parallel[name] = nil
    if scope.isTop {
      globals.add(name, kind)
      lost.remove(name)
      unchecked.remove(name)
    }
  }

  /// A name as this place writes it.
  func written(_ name: String) -> String {
    var place: PythonScope? = scope
    while let here = place {
      if here.fields.contains(name), !here.own.contains(name) || here.isInit {
        return "self." + attributes[name]
      }
      if here.own.contains(name) || here.kinds[name] != nil { break }
      place = here.parent
    }
    return names[name]
  }

  /// The row of a name that the program has not taken for itself.
  func row(_ name: String) -> NameRow? { kind(of: name) == nil ? NameRow.byName[name] : nil }

  func functionFacts(_ place: String) -> FunctionFacts {
    if let known = facts[place] { return known }
    let new = FunctionFacts()
    facts[place] = new
    return new
  }

  var defaultDType: String { isFloat32 ? "torch.float32" : "torch.float64" }
  /// The method that makes numbers of the default type.
  var toFloat: String { isFloat32 ? ".float()" : ".double()" }
}

/// A cell's code and where it stands in its notebook.
struct CellText {
  let number: Int
  let source: String
  let firstLine: Int
  let bytes: [UInt8]

  init(number: Int, source: String, firstLine: Int) {
    (self.number, self.source, self.firstLine) = (number, source, firstLine)
    bytes = Array(source.utf8)
  }

  func line(at place: Int) -> Int {
    firstLine + bytes.prefix(max(0, place)).filter { $0 == UInt8(ascii: "\n") }.count
  }

  func text(_ start: Int, _ end: Int) -> String {
    let end = min(max(0, end), bytes.count)
    return String(decoding: bytes[min(max(0, start), end)..<end], as: UTF8.self)
  }

  /// Comments between two statements, and whether each stands on the first one's line.
  func comments(_ start: Int, _ end: Int) -> [(text: String, isTrailing: Bool)] {
    var found: [(String, Bool)] = []
    var isTrailing = start > 0
    var i = max(0, start)
    let end = min(end, bytes.count)
    while i < end {
      if bytes[i] == UInt8(ascii: "\n") { isTrailing = false }
      if bytes[i] == UInt8(ascii: "#") {
        let stop = bytes[i...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        found.append((text(i + 1, stop), isTrailing))
        i = stop
        continue
      }
      i += 1
    }
    return found.map { (String($0.0.drop { $0 == " " }), $0.1) }
  }
}
