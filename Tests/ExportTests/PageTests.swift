import Pages
import Diagnostics
import Documents
import Export
import Foundation
import Grading
import Lessons
import Session
import Testing

/// A notebook, played.
func played(_ text: String, name: String = "test.nn") -> (Document, Notebook) {
  let session = Session()
  let notebook = Notebook(session.add(source: text, name: name))
  return (Document(playing: notebook, in: session), notebook)
}

@Suite struct PageTests {
  /// What strangers write into texts, names of series, strings and comments.
  static let hostile = """
    # ---
    # title: <script>alert(1)</script> ]]> \u{202e}
    # ---
    # %% <img src=x onerror=alert(1)> [markdown]
    # <script>alert(2)</script> [x](javascript:alert(3)) ![y](http://evil.example/z.png) ]]> \u{202e}
    # <!-- --> `</code>` $</math><script>$ $\\text{</mtext><script>}$
    # %%
    # </code></pre><script>alert(4)</script> \u{202e}
    print("</pre><script>alert(5)</script> ]]> \u{202e} \\u{7}")
    s = "'\\"><svg onload=alert(6)>"
    param w = 2
    loss = (w - 1)^2
    backward loss
    explain ∂loss/∂w
    plot(list(1, 2, 3), labels=list("</text><script>alert(7)</script>"))
    table(list("<b>"), list(list("</td><script>alert(8)</script>")))
    # %%
    #| try: <script>alert(9)</script>
    #| hint: <script>alert(10)</script>
    expect w == 3
    # %%
    #| predict: loss
    #| hint: <script>alert(11)</script>
    nope("</pre><script>alert(12)</script>")
    """

  /// Whether a page has just one script, its own, and nothing that could act.
  private func isInert(_ page: String) -> Bool {
    let scripts = page.components(separatedBy: "<script").count - 1
    let handlers = [
      "<img", "onload=\"", "onerror=\"", "javascript:", "\u{202e}", "\u{7}", "<iframe",
    ]
    return scripts == 1 && !handlers.contains { page.contains("<" + $0) || isTag(page, $0) }
  }

  private func isTag(_ page: String, _ text: String) -> Bool {
    // In text all of it is escaped; what is left would be markup.
    text.hasPrefix("\u{202e}") || text.hasPrefix("\u{7}")
      ? page.contains(text)
      : text.hasPrefix("<") && page.contains(text)
        || text == "javascript:" && page.contains("href=\"javascript:")
  }

  @Test func strangersTextIsInert() {
    let (document, notebook) = played(Self.hostile)
    #expect(document.cells.count == 4)
    let page = DocumentPage(document).html()
    #expect(isInert(page), "\(page.prefix(20_000))")
    #expect(page.contains("&lt;script&gt;alert(5)"))
    let markdown = MarkdownFile(document).text
    // Outside of blocks of code no angle bracket is left.
    var isCode = false
    for line in markdown.split(separator: "\n") {
      if line.hasPrefix("```") { isCode.toggle() }
      #expect(!line.contains("[x](javascript"))
      if !isCode { #expect(!line.contains("<script") && !line.contains("\u{202e}"), "\(line)") }
    }
    let notebookText = JupyterNotebook(document, notebook).text
    #expect(!notebookText.contains("\u{202e}"))
  }

  /// Scripts, styles and their hashes: a browser runs these and nothing else.
  @Test func thePolicyNamesWhatIsThere() throws {
    let page = DocumentPage(played("param w = 1; loss = w*w; backward loss").0).html()
    func between(_ a: String, _ b: String) throws -> String {
      let start = try #require(page.range(of: a))
      let end = try #require(page[start.upperBound...].range(of: b))
      return String(page[start.upperBound..<end.lowerBound])
    }
    let policy = try between("Content-Security-Policy\" content=\"", "\">")
    #expect(
      policy.hasPrefix("default-src &#39;none&#39;;") || policy.hasPrefix("default-src 'none';"))
    for (tag, rule) in [("style", "style-src"), ("script", "script-src")] {
      let text = try between("<\(tag)>", "</\(tag)>")
      let hash = Digest.base64(Digest.sha256(Array(text.utf8)))
      #expect(policy.contains("\(rule) 'sha256-\(hash)'"))
    }
    #expect(!page.contains(" style=\"") && !page.contains("http://") && !page.contains("https://"))
  }

  /// The others, which take longer, are exported by `Tests/Schemas/validate`.
  @Test(arguments: ["lesson01", "lesson03", "lesson04", "lesson05", "lesson08"])
  func lessonsInAllForms(_ name: String) throws {
    let lesson = try #require(Lesson.named(name))
    let (document, notebook) = played(lesson.text, name: name + ".nn")
    let page = DocumentPage(document).html()
    #expect(page == DocumentPage(document).html())
    // Names and numbers of steps are there once for each row, and rows count up.
    for walk in page.components(separatedBy: "class=\"walk\"").dropFirst() {
      let steps = walk.components(separatedBy: "data-step=\"").dropFirst().compactMap {
        Int($0.prefix { $0.isNumber })
      }
      #expect(steps == steps.sorted() && (steps.first ?? 0) == 0)
    }
    // No id twice.
    let ids = page.components(separatedBy: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
    #expect(Set(ids).count == ids.count)
    let jupyter = JupyterNotebook(document, notebook).text
    #expect(jupyter == JupyterNotebook(document, notebook).text)
    #expect(try ImportedNotebook(jupyter).text == lesson.text)
    #expect(MarkdownFile(document).text.contains("```nn\n"))
  }

  /// Digits for digits: a derivation's factors on the page are the session's numbers.
  @Test func theChainRuleStandsOnThePage() {
    let page = DocumentPage(
      played(
        """
        x1 = 2; x2 = 3
        param w1 = 0.5; param w2 = -1; param b = 0.1
        z = w1*x1 + w2*x2 + b
        out = sigmoid(z)
        loss = (out - 1)^2
        explain ∂loss/∂w1
        """
      ).0
    ).html()
    for number in ["−1.74", "0.1132", "−0.1969", "−0.3938"] {
      let parts =
        number.hasPrefix("−") ? "<mo>−</mo><mn>\(number.dropFirst())</mn>" : "<mn>\(number)</mn>"
      #expect(page.contains(parts), "\(number)")
    }
    #expect(page.contains("class=\"f0\"") && page.contains("class=\"f2\""))
    #expect(page.contains("numerically -0.3938"))
    #expect(page.contains("\\frac{\\partial \\mathit{loss}}{\\partial \\mathit{w1}}"))
  }

  /// Brackets where the formula needs them, in LaTeX as in MathML, which are of one tree.
  @Test(arguments: [
    ("-(a + b)*c", "-(a+b)\\cdot c"), ("(a - b) - (c - a)", "a-b-(c-a)"),
    ("a - (b + c)", "a-(b+c)"), ("a/(b*c)", "\\frac{a}{b\\cdot c}"),
    ("(a/b)^2", "{(\\frac{a}{b})}^{2}"), ("(a^2)^b", "{({a}^{2})}^{b}"),
    ("a^(b^2)", "{a}^{{b}^{2}}"), ("2^(-a)", "{2}^{-a}"), ("a*(b - c)", "a\\cdot (b-c)"),
    ("(a*b)^c", "{(a\\cdot b)}^{c}"), ("(-a)^2", "{(-a)}^{2}"), ("a*(-b)", "a\\cdot (-b)"),
    ("a/b/c", "\\frac{\\frac{a}{b}}{c}"), ("sin(a)^2", "{\\sin(a)}^{2}"),
    ("sqrt(a)*b", "\\sqrt{a}\\cdot b"), ("a % b", "a\\mathbin{\\%}b"),
    ("-(a % b)", "-(a\\mathbin{\\%}b)"), ("(a/1e7)^2", "{(\\frac{a}{10000000})}^{2}"),
    ("exp(-(a + b))", "\\exp(-(a+b))"),
  ]) func bracketsStandWhereTheyMust(_ formula: String, _ latex: String) {
    let code = "param a = 2; param b = 3; param c = 4; z = \(formula); forward z"
    let page = DocumentPage(played(code).0).html()
    #expect(page.contains("z &amp;= \(latex.replacing("&", with: "&amp;")) \\\\"), "\(formula)")
  }

  @Test func aForkShowsItsPartsAndTheirSum() {
    let page = DocumentPage(
      played("param a = 2; c = 3*a; d = 2*c; e = c + d; backward e").0
    ).html()
    #expect(page.contains("2 contributions arrive and add up"))
    #expect(page.contains("class=\"sum\""))
  }

  /// Where it is stands on the page, however long what is said of it.
  @Test func aWarningShowsItsPlace() {
    let page = DocumentPage(played("param a = 2; e = a*a; backward e\nbackward e").0).html()
    #expect(page.contains("gradients were there already"))
    #expect(page.contains("class=\"frame\"") && page.contains("2 │ backward e"))
  }

  @Test func megabytesAreCut() {
    let page = DocumentPage(played("repeat 60000 { print(\"0123456789012345678901234567890\") }").0)
      .html()
    #expect(page.utf8.count < 400_000 && page.contains("more characters"))
  }
}

@Suite struct NotebookFileTests {
  /// To the byte, whatever stands between the cells.
  @Test(arguments: [
    "x = 1\n", "x = 1", "", "# %%\nx = 1\n\n\n# %% Two [markdown]\n# text\nno mark\n#  two\n\n",
    "# ---\n# title: T\n# ---\n\n\nx = 1\n# %%\n\n\n# %%\ny = 2", "#%%\nx\n",
    "# %%  odd   [md]\n# a\n",
    "# %%\r\nx = 1\r\n# %% [markdown]\r\n# a\r\n", "# \u{202e}\nprint(\"\u{202e}\")\n",
    "#!/usr/bin/env nnrepl\n# ---\n# seed: 3\n# ---\nx = 1\n",
    "# %% [markdown]\n# <script> and 2*3*4\n# %%\n#| echo: false\n#| id: a\nx = 1\n",
    "# %%\nx = 1\n# %%\nx = 1\n# %%\nx = 1\n", "x=1\n# %% c\ny=2\n# %% A [x] *b*\nz = 1\n",
    "# %% [markdown]\n# $\\href{javascript:alert(1)}{x}$\n",
  ]) func exportedAndImportedItIsTheSame(_ text: String) throws {
    let (document, notebook) = played(text)
    let file = JupyterNotebook(document, notebook).text
    #expect(try ImportedNotebook(file).text == text)
  }

  /// What a learner leaves of a notebook: cells moved, metadata gone, all as one string.
  @Test func aTreatedNotebookKeepsItsContent() throws {
    let text =
      "# ---\n# seed: 3\n# ---\n# %% [markdown]\n# Some text\n# %%\nx = 1\n# %%\nfn f(a) = a*2\n"
    let (document, notebook) = played(text)
    let data = Data(JupyterNotebook(document, notebook).text.utf8)
    var json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    var cells = try #require(json["cells"] as? [[String: Any]])
    cells.swapAt(2, 3)
    for i in cells.indices {
      cells[i]["metadata"] = [String: Any]()
      cells[i]["id"] = nil
      cells[i]["source"] = (cells[i]["source"] as? [String])?.joined()
    }
    json["cells"] = cells
    json["metadata"] = [String: Any]()
    let treated = String(decoding: try JSONSerialization.data(withJSONObject: json), as: UTF8.self)
    #expect(ImportedNotebook.isNotebook(treated))
    #expect(
      try ImportedNotebook(treated).text
        == "# ---\n# seed: 3\n# ---\n# %% [markdown]\n# Some text\n# %%\nfn f(a) = a*2\n# %%\nx = 1\n"
    )
  }

  @Test(arguments: [
    "", "{", "[]", "{\"cells\": 3}", "{\"worksheets\": []}", "x = 1", "{\"nbformat\": 4}",
  ])
  func whatIsNoNotebookIsRefused(_ text: String) {
    #expect(throws: ImportFault.self) { try ImportedNotebook(text) }
  }

  @Test(arguments: ["x = {1}", "# \"cells\"", "{ x = 1 }", ""])
  func scriptsAreNotTakenForNotebooks(_ text: String) {
    #expect(!ImportedNotebook.isNotebook(text))
  }
}
