import Diagnostics
import Documents
import JSONText
import Lessons
import Session
import Testing

@Suite struct DocumentTests {
  static func played(_ text: String) -> Document {
    let session = Session()
    return Document(playing: Notebook(session.add(source: text, name: "test.nn")), in: session)
  }

  /// A lesson's document holds what the lesson is made of, and what each cell told.
  @Test func aLessonIsKept() throws {
    let lesson = try #require(Lesson.named("3"))
    let document = Self.played(lesson.text)
    #expect(document.name == "test" && document.title == "Backpropagation through one neuron")
    #expect(document.seed == 0 && document.errors.isEmpty)
    let codes = document.cells.compactMap { cell -> Document.Code? in
      if case .code(let code) = cell.body { code } else { nil }
    }
    #expect(codes.map(\.number) == Array(1...codes.count))
    let backward = codes.flatMap(\.outputs).compactMap { output in
      if case .narration(.backward(let pass), _, let graph) = output.told {
        (pass, graph)
      } else {
        nil
      }
    }
    let first = try #require(backward.first)
    #expect(first.0.root == "loss" && first.0.steps.map(\.name) == ["loss", "out", "z"])
    let graph = try #require(first.1)
    #expect(graph.vertices.map(\.name) == ["w1", "x1", "w2", "x2", "b", "z", "out", "loss"])
    #expect(graph.root == 7 && graph.edges.count == 7)
    let z = graph.vertices[5]
    #expect(z.formula?.text == "w1*x1 + w2*x2 + b" && abs(z.value[0] + 1.9) < 1e-12)
    let gradient = try #require(z.gradient)
    #expect(abs(gradient[0] + 0.1969) < 1e-4)
  }

  /// Names that a cell assigns, with their numbers at its end; code begins where its text does.
  @Test func valuesAndPlaces() throws {
    let text =
      "# %%\n#| predict: b\n\na = 1\nb = a + 1\nb = b*3\n# %%\nprint(b)\nc = \"no number\"\n"
    let document = Self.played(text)
    guard case .code(let code) = document.cells[0].body else { return #expect(Bool(false)) }
    #expect(code.values.map(\.name) == ["a", "b"] && code.values.map { $0.tensor[0] } == [1, 6])
    #expect(code.predicts == "b" && document.sources[0].line(at: code.start) == 4)
    guard case .code(let next) = document.cells[1].body else { return #expect(Bool(false)) }
    #expect(next.values.isEmpty)
    guard case .stream(let printed)? = next.outputs.first?.told else { return #expect(Bool(false)) }
    #expect(printed == "6\n")
  }

  @Test func anErrorEndsIt() {
    let document = Self.played("x = 1\n# %%\ny = nope\n# %%\nz = 2\n")
    #expect(document.errors.map(\.id.rawValue) == ["unknown-name"])
    guard case .code(let code) = document.cells[1].body else { return #expect(Bool(false)) }
    #expect(code.error?.id.rawValue == "unknown-name")
    guard case .code(let last) = document.cells[2].body else { return #expect(Bool(false)) }
    #expect(last.outputs.isEmpty && last.error == nil)
  }

  @Test func twoPlaysAreTheSame() throws {
    let lesson = try #require(Lesson.named("5"))
    #expect(Self.played(lesson.text).json.line == Self.played(lesson.text).json.line)
  }

  /// Offsets are bytes; others count otherwise. Marks stand on letters, 😀 is two of UTF-16.
  @Test(arguments: [
    ("ŷ = 1", 1, 2, 1, 1), ("ŷ = 1", 3, 4, 3, 3), ("😀x", 1, 4, 2, 1), ("y\u{302}z", 2, 3, 2, 2),
    ("a😀b", 2, 5, 3, 2), ("ab", 9, 2, 2, 2), ("∂loss", 1, 3, 1, 1),
  ]) func offsetsInEveryUnit(
    _ text: String, _ scalars: Int, _ bytes: Int, _ utf16: Int, _ points: Int
  ) {
    #expect(OffsetUnit.codePoints.bytes(before: scalars, in: text) == bytes)
    #expect(OffsetUnit.utf16.offset(ofBytes: bytes, in: text) == utf16)
    #expect(OffsetUnit.codePoints.offset(ofBytes: bytes, in: text) == points)
    #expect(OffsetUnit.utf16.bytes(before: utf16, in: text) == bytes)
    #expect(OffsetUnit.utf8.bytes(before: bytes, in: text) == bytes)
    // A place within a character is its beginning.
    if text == "😀x" { #expect(OffsetUnit.utf16.bytes(before: 1, in: text) == 0) }
  }
}
