import Foundation
import Grading
import Testing

/// The commands that share what was told: files written, read back, graded, served.
@Suite struct SharingTests {
  private let folder: URL
  /// The course of this repository.
  private static let lessons = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../../lessons").standardizedFileURL.path

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "nnrepl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.path + "/" + name }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  @Test(arguments: [
    ("a.html", "<!DOCTYPE html>"), ("a.md", "# "), ("a.ipynb", "{\n"), ("a.py", "#"),
    ("a.json", "{\n"),
  ]) func theNameSaysTheForm(_ name: String, _ head: String) throws {
    let (status, output, told) = try Program.tell(["export", "lesson01", "-o", path(name)])
    #expect(status == 0 && output == "", "\(told)")
    #expect(try text(name).hasPrefix(head))
    // The same bytes each time.
    let first = try text(name)
    _ = try Program.run(["export", "lesson01", "-o", path(name)])
    #expect(try text(name) == first)
  }

  @Test(arguments: [
    (["export", "lesson01", "-o", "x.doc"], "says no form"),
    (["export", "lesson01", "--md", "--html"], "one form"),
    (["export", "lesson01", "--html", "--assert"], "about --pytorch"),
    (["export", "nothing.nn"], "cannot read `nothing.nn`"),
    (["import", "lesson01"], "is no notebook"),
    (["site", "nowhere", "-o", "s"], "there is no lesson in `nowhere`"),
  ]) func wrongUsageIsTold(_ arguments: [String], _ words: String) throws {
    let (status, _, told) = try Program.tell(arguments, in: folder.path)
    #expect(status == 2 && told.contains(words), "\(told)")
  }

  /// A notebook runs as the script of its cells, and no file is written over itself.
  @Test func notebooksRunAndStay() throws {
    try Data("x = 2\nx\n".utf8).write(to: folder.appending(path: "a.nn"))
    #expect(try Program.run(["export", path("a.nn"), "-o", path("a.ipynb")]).status == 0)
    #expect(try Program.run(["run", "--quiet", path("a.ipynb")]).output == "x = 2\n")
    for command in [
      ["export", path("a.nn"), "--html", "-o", path("a.nn")],
      ["import", path("a.ipynb"), "-o", path("a.ipynb")],
    ] {
      let (status, _, told) = try Program.tell(command)
      #expect(status == 2 && told.contains("is the file itself"))
    }
    #expect(try text("a.nn") == "x = 2\nx\n")
  }

  /// A script that ends in an error is exported with it.
  @Test func anErrorIsOnThePage() throws {
    try Data("x = 1\nnope\n".utf8).write(to: folder.appending(path: "e.nn"))
    let (status, _, told) = try Program.tell(["export", path("e.nn"), "-o", path("e.html")])
    #expect(status == 1 && told.contains("nope"))
    #expect(try text("e.html").contains("error[unknown-name]"))
  }

  @Test func notebooksGetTheMarksOfTheirScripts() throws {
    let solution = try String(
      contentsOfFile: Self.lessons + "/solutions/ex03.nn", encoding: .utf8)
    let wrong = solution + "\nfn grad_b(x, w, b, t) = 7\n"
    for (name, script) in [("ada", solution), ("bob", wrong)] {
      for (kind, form) in [("s", "nn"), ("n", "ipynb")] {
        let place = folder.appending(path: "\(kind)/\(name)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let file = place.appending(path: "ex03.nn")
        try Data(script.utf8).write(to: file)
        guard form == "ipynb" else { continue }
        // Metadata goes, and the notebook is called something else.
        let notebook = try Program.run(["export", file.path, "--ipynb"]).output
        try FileManager.default.removeItem(at: file)
        var json = try #require(
          JSONSerialization.jsonObject(with: Data(notebook.utf8)) as? [String: Any])
        var cells = try #require(json["cells"] as? [[String: Any]])
        cells[0]["source"] =
          "# exercise ex03\n" + ((cells[0]["source"] as? [String])?.joined() ?? "")
        for i in cells.indices { cells[i]["metadata"] = [String: Any]() }
        json["cells"] = cells
        json["metadata"] = [String: Any]()
        try JSONSerialization.data(withJSONObject: json).write(
          to: place.appending(path: "Untitled.ipynb"))
      }
    }
    let options = ["--course", Self.lessons, "--exercise", "ex03", "--seed", "1"]
    let marks = try ["s", "n"].map { kind in
      try Program.run(["grade", path(kind)] + options).output.split(separator: "\n").map {
        try JSONDecoder().decode(Record.self, from: Data($0.utf8))
      }.map { "\($0.submission) \($0.mark) \($0.checks.map(\.points))" }
    }
    #expect(marks[0].count == 2 && marks[0] == marks[1])
    #expect(marks[0][0] != marks[0][1].replacing("bob", with: "ada"))
    // And alone.
    let notebook = path("n/ada/Untitled.ipynb")
    let (status, output, told) = try Program.tell(
      ["check", notebook, "--course", Self.lessons], in: folder.path)
    #expect(status == 0 && output.contains("10/10"), "\(output)\(told)")
    let page = try Program.run(
      ["check", notebook, "--course", Self.lessons, "--format", "html"],
      in: folder.path)
    #expect(page.output.hasPrefix("<!DOCTYPE html>") && page.output.contains("✓ passed"))
  }

  /// A notebook is never written over by a script to start from.
  @Test func aBrokenNotebookIsToldAndKept() throws {
    try Data("{ no notebook".utf8).write(to: folder.appending(path: "ex03.ipynb"))
    for command in [["check", "ex03.ipynb"], ["check", "ex03"], ["reset", "ex03"]] {
      let (status, _, told) = try Program.tell(command, in: folder.path)
      #expect(status == 2 && told.contains("ex03.ipynb"), "\(command): \(told)")
    }
    #expect(try text("ex03.ipynb") == "{ no notebook")
  }

  /// Pages link to pages that are there, and to nothing else.
  @Test func theSiteHoldsTogether() throws {
    try FileManager.default.createDirectory(
      at: folder.appending(path: "mine"), withIntermediateDirectories: true)
    for n in 1...2 {
      try Data("# ---\n# title: Part \(n)\n# ---\nx = \(n)\nx\n".utf8).write(
        to: folder.appending(path: "mine/lesson0\(n).nn"))
    }
    #expect(try Program.run(["site", path("mine"), "-o", path("public")]).status == 0)
    let root = folder.appending(path: "public").resolvingSymlinksInPath()
    let files = try #require(
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files where file.pathExtension == "html" {
      let page = try String(contentsOf: file, encoding: .utf8)
      count += 1
      for part in page.components(separatedBy: " href=\"").dropFirst() {
        let link = String(part.prefix { $0 != "\"" })
        let target = file.deletingLastPathComponent().appending(path: link)
        #expect(
          FileManager.default.fileExists(atPath: target.path), "\(file.lastPathComponent): \(link)")
      }
    }
    #expect(count > 250)
    let index = try text("public/index.html")
    #expect(index.contains("lesson01.html") && index.contains("Part 2"))
    #expect(try text("public/reference/sigmoid.html").contains("<math"))
  }

  @Test func aPageIsServedToThisMachineAndComesAnew() throws {
    let file = folder.appending(path: "v.nn")
    try Data("x = 1\nx\n".utf8).write(to: file)
    let (process, pipe) = try Program.start(["view", file.path, "--port", "0"])
    defer { process.terminate() }
    let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
    let address = String(line.prefix { $0 != " " })
    #expect(address.hasPrefix("http://127.0.0.1:"))
    let port = address.filter(\.isNumber).dropFirst("127001".count)
    func fetched(_ path: String, _ host: String? = nil) throws -> String {
      let client = Process()
      client.executableURL = URL(fileURLWithPath: "/bin/bash")
      let request =
        "GET /\(path) HTTP/1.1\\r\\nHost: \(host ?? "127.0.0.1:\(port)")\\r\\nConnection: close\\r\\n\\r\\n"
      client.arguments = [
        "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); printf '\(request)' >&3; cat <&3",
      ]
      let output = Pipe()
      client.standardOutput = output
      try client.run()
      let answer = String(
        decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      return answer.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\n")
    }
    #expect(try fetched("").contains("connect-src 'self'"))
    #expect(try fetched("version") == "1")
    #expect(try fetched("", "evil.example") == "")
    try Data("x = 2\nx\n".utf8).write(to: file)
    let deadline = Date(timeIntervalSinceNow: 20)
    while try fetched("version") == "1", Date() < deadline { usleep(50_000) }
    #expect(try fetched("").contains("x = 2"))
  }
}
