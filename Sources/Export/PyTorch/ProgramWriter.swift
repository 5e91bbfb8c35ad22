// Writes a notebook's parts in Python.
import Builtins
import Diagnostics
import Documents
import Explain
import Interpreter
import Syntax

/// Writes the parts of a program.
final class ProgramWriter {
  let document: Document
  let options: PyTorchProgram.Options
  let translator: Translator
  private var cells: [(index: Int, code: Document.Code, text: CellText, parsed: Parsed)] = []

  init(_ document: Document, _ options: PyTorchProgram.Options) {
    (self.document, self.options) = (document, options)
    translator = Translator(
      names: PythonNames(reserved: ProgramWriter.reserved),
      attributes: PythonNames(reserved: ProgramWriter.reservedAttributes),
      isDistributed: options.isDistributed)
    for (i, cell) in document.cells.enumerated() {
      guard case .code(let code) = cell.body else { continue }
      let line = document.sources.first.map { $0.line(at: code.start) } ?? 1
      let text = CellText(number: i, source: code.source, firstLine: line)
      cells.append((i, code, text, Parser.parse(SourceText(id: i, name: "", code.source))))
    }
  }

  // MARK: Names

  /// What the script has a use for itself.
  private static let reserved: Set<String> = Set(
    [
      "torch", "nn", "F", "math", "plt", "dist", "os", "sys", "time", "csv", "Path", "print", "len",
      "range", "list", "max", "min", "sum", "abs", "round", "float", "int", "str", "bool", "super",
      "format", "isinstance", "tuple", "zip", "enumerate", "any", "all", "type", "vars", "getattr",
      "hasattr", "open", "dict", "set", "map", "reversed", "str", "int", "DataLoader",
      "TensorDataset",
      "DistributedDataParallel", "self", "rank", "world", "distributed", "check", "Part",
      "all_reduce", "show", "numbers", "SharedBatchNorm1d", "SharedBatchNorm2d", "ValueError",
      "ImportError",
    ] + PythonHelper.all.map { $0.name })

  /// What every module of PyTorch has.
  private static let reservedAttributes: Set<String> = [
    "apply", "buffers", "call_super_init", "children", "compile", "cpu", "cuda", "double",
    "dump_patches",
    "float", "half", "modules", "named_parameters", "named_buffers", "named_children",
    "named_modules",
    "register_buffer", "register_parameter", "register_module", "requires_grad_", "state_dict",
    "to",
    "type", "xpu", "add_module", "extra_repr", "bfloat16",
  ]

  func prepareNames() {
    var names: Set<String> = []
    var fields: Set<String> = []
    func visit(_ body: [Statement]) {
      Names.assigned(in: body, &names)
      Walk.expressions(in: body) { expression in
        switch expression.kind {
        case .name(let name): if NameRow.byName[name] == nil { names.insert(name) }
        case .field(let base, let name, _):
          fields.insert(name)
          if name == "grad", case .name(let root) = base.kind { translator.watched.insert(root) }
        case .call(let callee, let arguments):
          if case .name("record") = callee.kind {
            for argument in arguments {
              if let name = argument.name { translator.declaredFields.insert(name) }
            }
          }
        default:
          guard let inner = expression.innerFunction else { break }
          names.formUnion(inner.parameters.map { $0.name })
          visit(inner.body)
        }
      } function: { function in
        names.formUnion(function.parameters.map { $0.name })
        visit(function.body)
      }
      Walk.statements(in: body) { statement in
        if case .layer(let layer) = statement.kind {
          Names.assigned(in: layer.fields, &translator.declaredFields)
          translator.declaredFields.formUnion(layer.methods.compactMap { $0.name })
        }
      }
    }
    for cell in cells { visit(cell.parsed.statements) }
    translator.names.prepare(names)
    translator.attributes.prepare(fields.union(translator.declaredFields))
  }

  // MARK: Writing

  func write() -> (parts: [PyTorchProgram.Part], remarks: [String]) {
    prepareNames()
    translator.program = cells.flatMap { $0.parsed.statements }
    translator.crossesRows = cells.contains { cell in
      cell.code.outputs.contains {
        if case .diagnostic(let warning) = $0.told { warning.id == .lossBroadcast } else { false }
      }
    }
    var parts: [Int: String] = [:]
    // What functions are given is known only when all calls of them have been seen.
    for pass in 0..<7 {
      translator.begin(pass: pass, isFloat32: document.dtype == "float32")
      parts = [:]
      for cell in cells { parts[cell.index] = write(cell.code, cell.text, cell.parsed) }
    }
    var all = [PyTorchProgram.Part(cell: -1, isText: false, text: preamble)]
    for (i, cell) in document.cells.enumerated() {
      switch cell.body {
      case .text(let text): all.append(PyTorchProgram.Part(cell: i, isText: true, text: text))
      case .code: all.append(PyTorchProgram.Part(cell: i, isText: false, text: parts[i] ?? ""))
      case .attempt(let attempt):
        all.append(PyTorchProgram.Part(cell: i, isText: true, text: "To try: " + attempt.what))
      }
    }
    if options.isDistributed {
      all.append(
        PyTorchProgram.Part(cell: -1, isText: false, text: PythonHelper.distributedEnd))
    }
    return (all, translator.remarks)
  }

  func write(_ code: Document.Code, _ text: CellText, _ parsed: Parsed) -> String {
    translator.code = text
    translator.lines = []
    translator.narrations = Narrations(code)
    guard parsed.diagnostics.isEmpty else {
      translator.comment("Not carried over, it cannot be read:\n" + code.source)
      translator.remark("the cell cannot be read.", at: 0)
      return translator.lines.joined(separator: "\n")
    }
    let statements = parsed.statements
    let failed = code.error.map { failing($0, code, text, statements) }
    var last = 0
    let latest = lastAssignments(statements)
    for (i, statement) in statements.enumerated() {
      let (begin, end) = (Int(statement.span.start), Int(statement.span.end))
      for comment in text.comments(last, begin) where !comment.isTrailing {
        translator.comment(comment.text)
      }
      if let failed, i >= failed {
        if i == failed, let error = code.error {
          translator.comment("error[\(error.id.rawValue)]: \(error.headline)")
        }
        for line in PythonText.comment(text.text(begin, end)) {
          translator.emit("#   " + line.dropFirst(2))
        }
      } else {
        let isShown = i == statements.count - 1 && !statement.isMuted && failed == nil
        translator.translate(statement, isResult: false, isShown: isShown)
        annotate(statement, i, latest, code)
        translator.trail(end, i + 1 < statements.count ? Int(statements[i + 1].span.start) : end)
      }
      last = end
    }
    if options.asserts { check(code) }
    while translator.lines.last?.isEmpty == true { translator.lines.removeLast() }
    return translator.lines.joined(separator: "\n")
  }

  /// Which statement an error stopped.
  func failing(
    _ error: Diagnostic, _ code: Document.Code, _ text: CellText, _ statements: [Statement]
  ) -> Int {
    for label in error.labels {
      let place = Int(label.span.start) - code.start
      if let i = statements.firstIndex(where: {
        Int($0.span.start) <= place && place < Int($0.span.end)
      }) {
        return i
      }
    }
    return max(0, statements.count - 1)
  }

  // MARK: The beginning

  private var preamble: String {
    var imports = translator.imports
    var blocks: [String] = []
    for helper in PythonHelper.all where translator.helpers.contains(helper.name) {
      imports.formUnion(helper.imports)
      if helper.text.contains("math.") { imports.insert("import math") }
      let (drop, norm) =
        options.isDistributed
        ? ("SharedDropout", "SharedBatchNorm1d") : ("nn.Dropout", "nn.BatchNorm1d")
      blocks.append(
        helper.text.replacing("DROPOUT", with: drop).replacing("BATCHNORM", with: norm))
      if helper.name == "show", options.isDistributed {
        blocks.append("if rank > 0:\n    plt = None")
      }
    }
    let title = PythonText.line(document.title ?? document.name)
    // Python looks for an encoding in the first two lines: no title may stand there.
    var lines = [
      "# From nnrepl to PyTorch: the same names, and the same random numbers.", "#", "# \(title)",
      "",
    ]
    lines += imports.filter { $0.hasPrefix("import") }.sorted()
    lines += imports.filter { !$0.hasPrefix("import") && !$0.contains("torch") }.sorted()
    lines += ["", "import torch", "import torch.nn.functional as F", "from torch import nn"]
    lines += imports.filter { !$0.hasPrefix("import") && $0.contains("torch") }.sorted()
    if options.isDistributed { lines += ["", PythonHelper.distributedStart] }
    lines.append("")
    if document.dtype != "float32" {
      lines.append("# nnrepl computes in float64 and draws PyTorch's float32 random numbers.")
      lines.append("torch.set_default_dtype(torch.float64)")
    }
    lines.append("torch.manual_seed(\(document.seed ?? 0))")
    if options.asserts { blocks.append(ProgramWriter.check) }
    return ([lines.joined(separator: "\n")] + blocks).joined(separator: "\n\n\n")
  }

  private static let check = """
    def check(name, value, recorded=None, shape=None, total=None, norm=None):
        \"\"\"Compares a value with what nnrepl recorded; training in float32 drifts a little.\"\"\"
        value = torch.as_tensor(value).detach()
        rtol = 1e-3 if value.dtype == torch.float32 else 1e-6
        value = value.double()
        close = dict(rtol=rtol, atol=rtol, equal_nan=True)
        if recorded is not None:
            recorded = torch.tensor(recorded, dtype=torch.float64)
            torch.testing.assert_close(value, recorded, msg=lambda m: f"{name}: {m}", **close)
            return
        assert tuple(value.shape) == shape, f"{name} has the shape {tuple(value.shape)}"
        for kind, found, wanted in (("sum", value.sum(), total), ("norm", value.norm(), norm)):
            wanted = torch.tensor(wanted, dtype=torch.float64)
            close["atol"] = rtol*max(1.0, abs(norm))
            told = lambda m: f"{kind} of {name}: {m}"
            torch.testing.assert_close(found, wanted, msg=told, **close)
    """
}

/// What the verbs of a cell told, in their order.
struct Narrations {
  private var all: [Narration] = []

  init() {}

  init(_ code: Document.Code) {
    for output in code.outputs {
      if case .narration(let narration, _, _) = output.told {
        // A step tells nothing that a line of PyTorch could carry.
        all.append(narration)
      }
    }
  }

  mutating func next() -> Narration? { all.isEmpty ? nil : all.removeFirst() }
}
