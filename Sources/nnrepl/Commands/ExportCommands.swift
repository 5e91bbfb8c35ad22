// What a notebook told, for others: pages, Markdown, notebooks of Jupyter, PyTorch.
import Pages
import ArgumentParser
import CPlatform
import CSupport
import Diagnostics
import Documents
import EmbeddedFiles
import Export
@preconcurrency import Glibc
import Grading
import Interpreter
import JSONText
import Session

/// What a notebook is exported as.
enum ExportForm: String, CaseIterable {
  case html, md, ipynb, py, json

  /// By the end of a file's name.
  init?(path: String) {
    let name = path.lowercased()
    guard let form = ExportForm.allCases.first(where: { name.hasSuffix("." + $0.rawValue) }) else {
      return nil
    }
    self = form
  }
}

struct ExportNotebook: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "A script or a lesson with all that it tells, as a page or for another program.",
    discussion: """
      The form follows from the file's name, or is asked for by its flag: a page (.html) that needs \
      nothing else and goes through each pass step by step, Markdown (.md), a notebook of Jupyter \
      (.ipynb), PyTorch (.py), or the document as data (.json).
      """)

  @Argument(help: "A file, or the name of a lesson or an exercise; - is standard input.")
  var file: String

  @Option(name: .short, help: "Where to; without it, standard output.")
  var output: String?

  @Flag(help: "One page of HTML.")
  var html = false

  @Flag(
    name: .customLong("static"), help: "A page to be read: without the engine that runs its cells.")
  var isStatic = false

  @Flag(help: "Markdown, with formulas between $$.")
  var md = false

  @Flag(help: "A notebook of Jupyter, with its outputs.")
  var ipynb = false

  @Flag(help: "PyTorch; with --ipynb, cells of PyTorch that run in any Jupyter.")
  var pytorch = false

  @Flag(name: .customLong("assert"), help: "PyTorch that checks the recorded numbers.")
  var asserts = false

  @Flag(help: "PyTorch for several processes, to be started by torchrun.")
  var ddp = false

  @Flag(help: "The document as data.")
  var json = false

  @OptionGroup var options: SessionOptions

  mutating func run() throws {
    nnrepl_keep_freed_memory()
    nnrepl_catch_interrupt()
    let console = Console(options)
    let form = try form()
    try refuseOverwriting(file, output)
    // The page of an exercise says what is to be done.
    if form == .html, let exercise = try exercise() {
      return try put(exercise.html(engine: isStatic ? nil : PageEngine.own))
    }
    let script = try console.exported(file)
    let (document, notebook, status) = console.document(script)
    let files = exported(document, notebook, form)
    for file in files.beside { try put(file.text, beside: file.name) }
    try put(files.text)
    for remark in files.remarks { Console.tell(remark) }
    throw ExitCode(status)
  }

  /// An exercise of the program's own course, if the word names one and no file.
  private func exercise() throws -> ExerciseText? {
    guard Files.place(file) == nil, !file.contains("/"),
      let course = try? CourseOptions.own.load()
    else { return nil }
    return course.exercise(ScriptParts.plain(file)).map { ExerciseText($0, course) }
  }

  private func form() throws -> ExportForm {
    let asked: [ExportForm] = [
      html ? .html : nil, md ? .md : nil, ipynb ? .ipynb : nil, json ? .json : nil,
      pytorch && !ipynb ? .py : nil,
    ].compactMap { $0 }
    guard asked.count <= 1 else {
      throw ValidationError("Ask for one form; only --ipynb and --pytorch go together.")
    }
    if (asserts || ddp) && !pytorch && asked.first != nil {
      throw ValidationError("--assert and --ddp are about --pytorch.")
    }
    if let form = asked.first ?? output.flatMap(ExportForm.init(path:)) { return form }
    guard output == nil else {
      throw ValidationError(
        "The name says no form: end it in .html, .md, .ipynb, .py or .json, or add --html, …")
    }
    return .html
  }

  private func put(_ text: String) throws {
    guard let output, output != "-" else { return Console.write(text, to: stdout) }
    try Console.write(text, toFile: output)
  }

  /// A file that the exported one reads.
  private func put(_ text: String, beside name: String) throws {
    guard let output, output != "-" else { return }
    let folder = output.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let path = (folder + [name[...]]).joined(separator: "/")
    guard Files.text(path) != text else { return }
    try Console.write(text, toFile: path)
  }

  private struct Exported {
    let text: String
    var beside: [(name: String, text: String)] = []
    var remarks: [String] = []
  }

  private func exported(_ document: Document, _ notebook: Notebook, _ form: ExportForm) -> Exported
  {
    switch form {
    case .html:
      let engine = isStatic ? nil : PageEngine.own
      let isMissing = engine == nil && !isStatic
      return Exported(
        text: DocumentPage(document).html(engine: engine),
        remarks: isMissing ? [PageEngine.howToAdd] : [])
    case .md: return Exported(text: MarkdownFile(document).text)
    case .json: return Exported(text: document.json.pretty + "\n")
    case .ipynb where !pytorch: return Exported(text: JupyterNotebook(document, notebook).text)
    case .ipynb, .py:
      var options = PyTorchProgram.Options()
      options.asserts = asserts
      options.isDistributed = ddp
      let program = PyTorchProgram(document, options)
      return Exported(
        text: form == .py ? program.script : JupyterNotebook(program).text,
        beside: program.files, remarks: program.remarks)
    }
  }
}

struct ImportNotebook: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "A notebook of Jupyter as a script.")

  @Argument(help: "The notebook.")
  var file: String

  @Option(name: .short, help: "Where to; without it, standard output.")
  var output: String?

  mutating func run() throws {
    try refuseOverwriting(file, output)
    let script = try Console(SessionOptions.standard).open(file)
    let text: String
    do throws(ImportFault) { text = try ImportedNotebook(script.text).text } catch {
      Console.tell("`\(file)` \(error.text)")
      throw ExitCode(CheckStatus.usage)
    }
    guard let output, output != "-" else { return Console.write(text, to: stdout) }
    try Console.write(text, toFile: output)
  }
}

extension ParsableCommand {
  /// What is read is not written over.
  func refuseOverwriting(_ file: String, _ output: String?) throws {
    guard let output, let own = Files.place(file), Files.place(output) == own else { return }
    Console.tell("`\(output)` is the file itself; give another name after -o")
    throw ExitCode(CheckStatus.usage)
  }
}

extension Console {
  /// Writes a file, or says why that cannot be.
  static func write(_ text: String, toFile path: String) throws {
    try write(Array(text.utf8), toFile: path)
  }

  static func write(_ bytes: [UInt8], toFile path: String) throws {
    if case .failure(let fault) = FileAccess.open.write(path, bytes) {
      tell("cannot write `\(path)`: \(fault.reason)")
      throw ExitCode(CheckStatus.usage)
    }
  }

  /// A file, a lesson or an exercise by its name.
  func exported(_ name: String) throws -> Script {
    let exercise = name.hasSuffix(".nn") ? name : name + ".nn"
    if Files.place(name) == nil, let text = EmbeddedFiles.text("lessons/exercises/" + exercise) {
      return Script(name: exercise, text: text, recordPath: nil, recorded: nil)
    }
    return try read(name)
  }

  /// A script, played, with what its run ends with.
  func document(_ script: Script) -> (Document, Notebook, Int32) {
    let (session, notebook) = open(script)
    session.machine.audience.showsProgress = false
    let document = Document(playing: notebook, in: session)
    report(document.errors, session)
    return (document, notebook, status(document.errors))
  }
}
