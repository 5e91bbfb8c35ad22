// A course as a folder of pages.
import ArgumentParser
import CPlatform
import CSupport
import Diagnostics
import Documents
import Export
@preconcurrency import Glibc
import Grading
import Interpreter
import Lessons
import Pages

struct MakeSite: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "site",
    abstract: "All lessons, exercises and the reference as pages for any static host.",
    discussion: """
      The pages need no server and no network, and the same lessons give the same bytes. A folder of \
      your own lessons is a folder with lessonNN.nn in it; its exercises are those of its course.json, \
      where it has one.
      """)

  @Argument(help: "A folder with lessons; without one, nnrepl's own.")
  var lessons: String?

  @Option(
    name: .short,
    help:
      "The folder to write to; with the ending .zip, a package that a learning platform takes (SCORM 1.2)."
  )
  var output: String

  @Flag(
    name: .customLong("static"), help: "Pages to be read: without the engine that runs their cells."
  )
  var isStatic = false

  mutating func run() throws {
    nnrepl_keep_freed_memory()
    nnrepl_catch_interrupt()
    let console = Console(SessionOptions.standard)
    var status: Int32 = 0
    let chapters = try found(console).map { script -> Site.Chapter in
      let (document, _, ended) = console.document(script)
      if ended != 0 {
        Console.tell("`\(script.name)` did not run to its end")
        if status == 0 || ended == 130 { status = ended }
      }
      if ended == 130 { throw ExitCode(130) }
      return Site.Chapter(document, minutes: Lesson.minutes(of: script.text))
    }
    let course = try course()
    let site = Site(
      title: course?.list.title ?? "Lessons", chapters, course,
      engine: isStatic ? nil : PageEngine.own)
    if output.hasSuffix(".zip") {
      try Console.write(Archive.zip(site.package), toFile: output)
      console.show("\(output)\n")
    } else {
      for file in site.files { try put(file.text, file.path) }
      console.show("\(output)/index.html\n")
    }
    if !isStatic, PageEngine.own == nil { Console.tell(PageEngine.howToAdd) }
    throw ExitCode(status)
  }

  private func found(_ console: Console) throws -> [Script] {
    guard let lessons else {
      return Lesson.all.map {
        Script(name: $0.name + ".nn", text: $0.text, recordPath: nil, recorded: nil)
      }
    }
    let names = Files.names(in: lessons).filter { $0.hasPrefix("lesson") && $0.hasSuffix(".nn") }
    guard !names.isEmpty else {
      Console.tell("there is no lesson in `\(lessons)`: a lesson is called lessonNN.nn")
      throw ExitCode(CheckStatus.usage)
    }
    return try names.map { name in
      let script = try console.read(lessons + "/" + name)
      return Script(name: name, text: script.text, recordPath: nil, recorded: nil)
    }
  }

  private func course() throws -> Course? {
    var options = CourseOptions.own
    options.course = lessons
    if let lessons, Files.text(lessons + "/course.json") == nil { return nil }
    do { return try options.load() } catch {
      Console.tell("the course could not be read: \(error)")
      throw ExitCode(CheckStatus.usage)
    }
  }

  private func put(_ text: String, _ path: String) throws {
    let whole = output + "/" + path
    var folder = ""
    for part in whole.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      folder += part + "/"
      if !folder.isEmpty, folder != "/", !Files.isFolder(folder) { mkdir(folder, 0o755) }
    }
    try Console.write(text, toFile: whole)
  }
}
