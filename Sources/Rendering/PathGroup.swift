// Sums over rows and entries, told once with letters.
import Explain
import Tensors

/// Paths over the same steps, which differ in the entries that they go through.
struct PathGroup {
  let paths: [Path]
  /// For each index that varies, its letter, and where it is first seen.
  private var letters: [(letter: String, values: [Int], place: Place, axis: Int)] = []

  static func groups(_ paths: [Path]) -> [PathGroup] {
    var order: [[String]] = []
    var members: [[String]: [Path]] = [:]
    for path in paths {
      let key = path.between.map { $0.name }
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(path)
    }
    return order.map { PathGroup(members[$0] ?? []) }
  }

  private init(_ paths: [Path]) {
    self.paths = paths
    guard let first = paths.first else { return }
    for (at, place) in first.between.enumerated() {
      for axis in place.indices.indices {
        let values = paths.map { $0.between[at].indices[axis] }
        guard Set(values).count > 1, !letters.contains(where: { $0.values == values }) else {
          continue
        }
        let letter = ["i", "j", "k", "l", "m", "n"][min(letters.count, 5)]
        letters.append((letter, values, place, axis))
      }
    }
  }

  /// Whether its paths are a sum over entries.
  var isIndexed: Bool { paths.count > 1 && !letters.isEmpty }

  /// `i, the 4 rows of out`
  func ranges(_ short: ShortNames) -> String {
    letters.map { letter, values, place, axis in
      let what =
        place.indices.count > 1 && axis == 0
        ? "rows" : place.indices.count == 2 ? "columns" : "entries"
      let name = short(place.name)
      let bare =
        name.hasPrefix("(") && name.hasSuffix(")") ? String(name.dropFirst().dropLast()) : name
      return "\(letter), the \(Set(values).count) \(what) of \(bare)"
    }.joined(separator: " and ")
  }

  /// `i = 0:`
  func label(_ path: Path) -> String {
    guard let n = paths.firstIndex(where: { $0.between == path.between }) else { return "" }
    return letters.map { "\($0.letter) = \($0.values[n])" }.joined(separator: ", ") + ":"
  }

  private func indices(_ place: Place, _ column: (Int) -> [Int]) -> [String] {
    place.indices.indices.map { axis in
      let values = column(axis)
      return letters.first { $0.values == values }?.letter ?? String(place.indices[axis])
    }
  }

  /// What all paths go through, with letters for what varies.
  func between(_ short: ShortNames) -> [String] {
    guard let first = paths.first else { return [] }
    return first.between.enumerated().map { at, place in
      short(place, indices(place) { axis in paths.map { $0.between[at].indices[axis] } })
    }
  }

  /// The factors by name, with letters; nil where there is one alone.
  func pattern(_ short: ShortNames) -> [String]? {
    guard let first = paths.first, first.factors.count > 1 else { return nil }
    return first.factors.enumerated().map { n, factor in
      func written(_ place: (Factor) -> Place) -> String {
        short(
          place(factor),
          indices(place(factor)) { axis in paths.map { place($0.factors[n]).indices[axis] } })
      }
      return derivativeName(written { $0.top }, by: written { $0.bottom })
    }
  }
}
