// The folder of a course: what its pages carry, and the package for learning platforms.
import Documents
import EmbeddedFiles
import Foundation
import Grading
import Lessons
import Pages
import Session
import Testing

@testable import Export

struct SiteTests {
  private static func course() throws -> Course {
    try Course(
      CourseFiles(
        shared: { EmbeddedFiles.text("lessons/" + $0) },
        secret: { name in name == "ex03.hidden.nn" ? hidden : nil }))
  }

  private static let hidden = """
    exercise ex03 "Backprop through one sigmoid neuron"

    check very_secret points 5 {
        draw x in [-2, 2]
        call neuron(x, 1, 0)
        expect sigmoid(x) where unheard_of = 1
    }
    """

  private static func files(live: Bool) throws -> [(path: String, text: String)] {
    Site(
      title: "A course", [], try course(),
      engine: live ? PageEngine(packed: "3:AAAA", unpacker: "AAAA") : nil
    ).package
  }

  @Test func hiddenChecksNeverShip() throws {
    for live in [true, false] {
      for file in try Self.files(live: live) {
        #expect(
          !file.text.contains("very_secret") && !file.text.contains("unheard_of"), "\(file.path)")
      }
    }
    let page = try #require(try Self.files(live: true).first { $0.path == "ex03.html" })
    #expect(page.text.contains("check dw points 5"))
  }

  @Test func conditionsComeBackFromTheirLine() {
    var conditions = Conditions()
    conditions.tolerances.rtol = 1e-9
    conditions.budgets.steps = 12_345
    conditions.budgets.sourceBytes = 7
    let read = Conditions(line: conditions.line)
    #expect(read.budgets == conditions.budgets && read.tolerances == conditions.tolerances)
    #expect(Conditions(line: "").budgets == Budgets())
  }

  @Test func aPackageListsWhatItHolds() throws {
    let files = try Self.files(live: true)
    let manifest = try #require(files.first { $0.path == "imsmanifest.xml" }).text
    let listed = manifest.components(separatedBy: "href=\"").dropFirst().map {
      String($0.prefix { $0 != "\"" })
    }
    #expect(Set(listed).isSubset(of: files.map { $0.path }) && listed.contains("ex03.html"))
    #expect(manifest.contains("adlcp:scormtype=\"sco\" href=\"ex03.html\""))
    let still = try Self.files(live: false).first { $0.path == "imsmanifest.xml" }
    #expect(still?.text.contains("\"sco\"") == false)
  }

  @Test func anArchiveIsOne() throws {
    // The check value of the standard.
    #expect(Archive.crc32(Array("123456789".utf8)) == 0xcbf4_3926)
    let files = [("a.txt", "α"), ("b/c.txt", String(repeating: "x", count: 70_000))]
    let bytes = Archive.zip(files)
    func number(_ at: Int, _ size: Int) -> Int {
      (0..<size).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
    let end = bytes.count - 22
    #expect(number(end, 4) == 0x0605_4b50 && number(end + 10, 2) == files.count)
    var place = number(end + 16, 4)
    for (path, text) in files {
      #expect(number(place, 4) == 0x0201_4b50)
      let (size, length, start) = (
        number(place + 24, 4), number(place + 28, 2), number(place + 42, 4)
      )
      #expect(String(decoding: bytes[(place + 46)..<(place + 46 + length)], as: UTF8.self) == path)
      let content = start + 30 + number(start + 26, 2) + number(start + 28, 2)
      #expect(number(start, 4) == 0x0403_4b50)
      #expect(String(decoding: bytes[content..<(content + size)], as: UTF8.self) == text)
      #expect(number(start + 14, 4) == Int(Archive.crc32(Array(text.utf8))))
      place += 46 + length
    }
    #expect(place == end)
  }

  private static let starts = EmbeddedFiles.names.filter { $0.hasPrefix("playground/") }.sorted()
    .compactMap { EmbeddedFiles.text($0).map { LiveCells.Start($0) } }

  private static func told(_ code: String) -> String {
    let session = Session()
    let document = Document(playing: Notebook(session.add(source: code, name: "p.nn")), in: session)
    let pages = ToldHTML(sources: document.sources, prefix: "o")
    return document.cells.map { cell in
      guard case .code(let code) = cell.body else { return "" }
      return code.outputs.map(pages.terminal).joined()
    }.joined() + document.errors.map { $0.headline }.joined()
  }

  /// A fault that is planted is found in its program, and changes what that tells. (Of programs that train it is looked
  /// at by hand: they take long without optimization.)
  @Test(arguments: starts.map { $0.title })
  func faultsOfThePlaygroundAreOnes(_ title: String) throws {
    let start = try #require(Self.starts.first { $0.title == title })
    #expect(!start.faults.isEmpty && !start.code.contains("# break"))
    let trains = start.code.contains("repeat") || start.code.contains("for ")
    let right = trains ? "" : Self.told(start.code)
    for fault in start.faults {
      #expect(start.code.contains(fault.from), "\(fault.title)")
      let wrong = start.code.replacing(fault.from, with: fault.to, maxReplacements: 1)
      #expect(wrong != start.code, "\(fault.title)")
      if !trains { #expect(Self.told(wrong) != right, "\(fault.title)") }
    }
  }
}
