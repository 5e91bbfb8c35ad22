// What a program computed, in order: to go through the same formulas again, as `forward loss` does.

/// The assignments of the top level so far.
struct History {
  /// One assignment, as it was written.
  struct Entry {
    let names: [String]
    let lines: [String]
    let uses: Set<String>
    /// Whether doing it again computes the same and does nothing else.
    let isPlain: Bool
    /// What it gives is a tensor that something learned goes into.
    let isTracked: Bool
  }

  private var entries: [Entry] = []
  private var tracked: Set<String> = []
  /// Parameters and models, oldest first, and how an optimizer is given them.
  private var leaves: [(name: String, text: String)] = []
  /// What the last backward pass reached.
  private(set) var reached: [String] = []

  mutating func addLeaf(_ name: String, _ text: String) {
    leaves.removeAll { $0.name == name }
    leaves.append((name, text))
    tracked.insert(name)
    // A new leaf is no result of what its name stood for before.
    entries.append(Entry(names: [name], lines: [], uses: [], isPlain: true, isTracked: false))
  }

  mutating func add(
    _ names: [String], _ lines: [String], uses: Set<String>, isPlain: Bool, canBeTracked: Bool
  ) {
    let isTracked = canBeTracked && !uses.isDisjoint(with: tracked)
    for name in names {
      if isTracked { tracked.insert(name) } else { tracked.remove(name) }
      leaves.removeAll { $0.name == name }
    }
    entries.append(
      Entry(names: names, lines: lines, uses: uses, isPlain: isPlain, isTracked: isTracked))
  }

  /// The assignments that a value came from, oldest first; nil if one of them cannot be done again.
  func formulas(of name: String) -> [Entry]? {
    var needed: Set<String> = [name]
    var found: [Entry] = []
    var rebound: Set<String> = []
    for entry in entries.reversed() {
      defer { rebound.formUnion(entry.names) }
      guard !needed.isDisjoint(with: entry.names) else { continue }
      needed.subtract(entry.names)
      guard entry.isTracked else { continue }
      // A name that has been given to something else since must not be given back.
      guard entry.isPlain, entry.uses.isDisjoint(with: entry.names),
        rebound.isDisjoint(with: entry.names)
      else { return nil }
      found.insert(entry, at: 0)
      needed.formUnion(entry.uses)
    }
    return found
  }

  /// Notes which leaves a backward pass from a name reaches.
  mutating func reach(from names: Set<String>) {
    var needed = names
    for entry in entries.reversed() where !needed.isDisjoint(with: entry.names) {
      if entry.isTracked { needed.formUnion(entry.uses) }
    }
    reached = leaves.map { $0.name }.filter { needed.contains($0) }
  }

  /// What it reached, as an optimizer is given it.
  var reachedText: String {
    let texts = leaves.filter { reached.contains($0.name) }.map { $0.text }
    if texts.count == 1, let only = texts.first, only.hasPrefix("*") {
      return String(only.dropFirst())
    }
    return "[" + texts.joined(separator: ", ") + "]"
  }
}
