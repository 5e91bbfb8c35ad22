import Diagnostics
import Session
import Testing

@Suite struct NotebookTests {
  private func notebook(_ text: String) -> Notebook { Notebook(SourceText(id: 0, name: "s", text)) }

  @Test func theHeaderSaysHowToRun() {
    let read = notebook(
      "# ---\n# title: A title\n# seed: 7\n# dtype: float32\n# nn: 1\n# ---\nx = 1\n")
    #expect(read.title == "A title" && read.seed == 7 && read.dtype == "float32")
    #expect(read.version == 1 && read.problem == nil)
    #expect(read.cells.count == 1 && read.code(read.cells[0]) == "x = 1")
  }

  @Test(arguments: [
    ("# ---\n# seed: 1\nx = 1\n", "never closed"),
    ("# ---\n# seed: 1e30\n# ---\n", "`1e30` is no seed"),
    ("# ---\n# nn: 99\n# ---\n", "no version"), ("# %% a\n#| echo\n1", "looks like"),
    ("# %% a\n#| expect: error nope\n1", "not an error"),
    ("# %% a\n#| what: 1\n1", "no cell option"),
  ]) func whatCannotBeReadIsTold(_ text: String, _ words: String) throws {
    let problem = try #require(notebook(text).problem)
    #expect(problem.id == .badCell && problem.headline.contains(words))
    #expect(problem.span != nil && problem.hint != nil)
  }

  /// A file of Windows has the same cells.
  @Test func carriageReturnsAreNoPartOfACell() {
    let text = "# ---\n# seed: 7\n# ---\n# %% [markdown]\n# a\n# %%\n#| id: c\nx = 1\ny = 2\n"
    let (read, plain) = (notebook(text.replacing("\n", with: "\r\n")), notebook(text))
    #expect(read.seed == 7 && read.cells.map(\.id) == plain.cells.map(\.id))
    #expect(read.cells.map(read.code) == plain.cells.map(plain.code))
    #expect(read.prose(read.cells[0]) == "a")
    #expect(read.source.line(at: read.codeStart(read.cells[1])) == 8)
  }

  @Test func cellsAreProseOrCode() {
    let read = notebook(
      "# %% [markdown] Intro\n# Some *words*.\n#\n# More.\n# %% Code\n#| id: c\n#| echo: false\nx = 1\n"
    )
    #expect(read.cells.map(\.isText) == [true, false])
    #expect(read.prose(read.cells[0]).contains("Some *words*."))
    #expect(read.cells[1].id == "c" && !read.cells[1].echoes && read.code(read.cells[1]) == "x = 1")
  }
}
