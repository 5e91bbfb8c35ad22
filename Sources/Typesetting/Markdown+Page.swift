// A page's texts were read when it was made; what its engine is given is plain.

/// What stands in for Markdown where cmark is not.
package struct Markdown {
  package let blocks: [Block]

  package init(_ text: String) {
    blocks = text.split(separator: "\n").map { .paragraph([.text(String($0))]) }
  }
}
