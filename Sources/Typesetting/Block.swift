// A text as a tree.

/// A part of a text that stands on lines of its own.
package indirect enum Block {
  case heading(level: Int, [Inline])
  case paragraph([Inline])
  /// Code as it stands, with the word after its fence.
  case code(String, language: String)
  case list([[Block]], first: Int?)
  case quote([Block])
  case table(head: [[Inline]], rows: [[[Inline]]])
  case rule
}

/// A part of a line.
package indirect enum Inline {
  case text(String)
  case code(String)
  case emphasis([Inline])
  case strong([Inline])
  case link([Inline], to: String)
  /// What stood between two `$`.
  case math(String)
  /// Where the author began a new line.
  case softBreak
  case lineBreak
}

extension [Block] {
  /// The heading of the first level that it begins with.
  package var title: [Inline]? {
    if case .heading(1, let inner)? = first { inner } else { nil }
  }
}

extension [Inline] {
  /// Without its dress: code, names and formulas as they stand.
  package var plain: String {
    map { inline in
      switch inline {
      case .text(let text), .code(let text), .math(let text): text
      case .emphasis(let inner), .strong(let inner), .link(let inner, _): inner.plain
      case .softBreak, .lineBreak: " "
      }
    }.joined()
  }
}
