// Pages whose cells run: what they carry, and what they may.
import Documents
import Foundation
import Interpreter
import Pages
import Session
import Testing

struct LivePageTests {
  private static let script = """
    # ---
    # title: A neuron
    # seed: 3
    # ---

    Before any marker.

    # %% First [markdown]
    # # A neuron
    # text with </script> in it

    # %%
    #| predict: y
    #| hint: twice
    x = 2
    y = 2*x

    # %% [markdown]
    # more

    # %%
    #| try: make y odd
    expect y % 2 == 1
    """

  private static func page(_ script: String, _ engine: PageEngine?) -> String {
    let session = Session()
    let source = session.add(source: script, name: "neuron.nn")
    return DocumentPage(Document(playing: Notebook(source), in: session)).html(engine: engine)
  }

  private struct Data: Decodable {
    struct Cell: Decodable {
      let head: String
      let body: String
      let code: String?
      let predicts: String?
      let check: String?
      let first: Int?
    }
    let header: String
    let cells: [Cell]
  }

  private static func carried(_ page: String, _ id: String) throws -> String {
    let start = try #require(page.range(of: "id=\"\(id)\">\n"))
    let end = try #require(page.range(of: "\n</script>", range: start.upperBound..<page.endIndex))
    return String(page[start.upperBound..<end.lowerBound])
  }

  @Test func thePageHoldsItsScriptToTheByte() throws {
    for script in [Self.script.replacing("Before any marker.\n\n", with: ""), "x = 1\nx + 1\n"] {
      let page = Self.page(script, PageEngine(packed: "3:AAAA", unpacker: "AAAA"))
      let data = try JSONDecoder().decode(Data.self, from: .init(Self.carried(page, "cells").utf8))
      #expect(data.header + data.cells.map { $0.head + $0.body }.joined() == script)
    }
  }

  @Test func cellsKnowWhatIsAskedAndChecked() throws {
    let script = Self.script.replacing("Before any marker.\n\n", with: "")
    let page = Self.page(script, PageEngine(packed: "3:AAAA", unpacker: "AAAA"))
    let data = try JSONDecoder().decode(Data.self, from: .init(Self.carried(page, "cells").utf8))
    let code = try #require(data.cells.first { $0.code != nil })
    #expect(code.code == "x = 2\ny = 2*x\n\n" && code.predicts == "y")
    #expect(data.cells.last?.check == "expect y % 2 == 1")
    let line = try #require(code.first)
    #expect(script.split(separator: "\n", omittingEmptySubsequences: false)[line - 1] == "x = 2")
  }

  @Test func onlyAPageWithAnEngineMayRunOne() {
    let (still, live) = (
      Self.page("x = 1", nil), Self.page("x = 1", PageEngine(packed: "3:AAAA", unpacker: "AAAA"))
    )
    #expect(!still.contains("wasm-unsafe-eval") && !still.contains("worker-src"))
    #expect(live.contains("'wasm-unsafe-eval'") && live.contains("worker-src blob:"))
    #expect(live.contains("default-src 'none'") && !live.contains("'self'"))
    let (engine, file) = PageEngine(packed: "3:AAAA", unpacker: "AAAA").shared(at: "engine.js")
    let shared = Self.page("x = 1", engine)
    #expect(shared.contains("src=\"engine.js\"") && shared.contains("script-src 'self' "))
    #expect(file.hasPrefix("globalThis.nnreplEngine = \""))
  }
}
