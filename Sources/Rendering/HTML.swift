// Pages of HTML, built from parts that escape what they are given.
import Diagnostics

/// A piece of HTML.
package struct HTML {
  package let text: String

  private init(raw: String) { text = raw }

  /// Text; nothing in it is markup.
  package init(_ text: String) { self.text = HTML.escaped(text) }

  /// An element with its attributes and what is in it.
  package init(_ name: String, _ attributes: [(String, String)] = [], _ inner: [HTML] = []) {
    text = "<\(name)\(HTML.list(attributes))>" + inner.map { $0.text }.joined() + "</\(name)>"
  }

  package init(_ name: String, _ attributes: [(String, String)] = [], _ inner: String) {
    self.init(name, attributes, [HTML(inner)])
  }

  /// An element that holds nothing: `<br>`.
  package init(void name: String, _ attributes: [(String, String)] = []) {
    text = "<\(name)\(HTML.list(attributes))>"
  }

  /// Text that the page's script reads and that no browser shows or runs.
  /// - Parameter text: without `</script`; where it may hold `<`, as JSON, that is written as `\u003c`.
  package static func carried(_ id: String, _ text: String, type: String = "text/plain") -> HTML {
    HTML(raw: "<script type=\"\(type)\" id=\"\(id)\">\n\(text)\n</script>")
  }

  private static func list(_ attributes: [(String, String)]) -> String {
    attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
  }

  /// A text in which what stands between backticks is code.
  package static func prose(_ text: String) -> [HTML] {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    // A backtick without its partner is a backtick.
    guard parts.count % 2 == 1 else { return [HTML(text)] }
    return parts.enumerated().map { i, part in
      i % 2 == 1 ? HTML("code", [], String(part)) : HTML(String(part))
    }
  }

  static func escaped(_ text: String) -> String {
    Escaped.markup(text) { Escaped.line(String($0)) }
  }
}
