// Marks as a table (RFC 4180), alone or beside the columns of a roster.

/// Comma-separated values.
package enum CSVText {
  /// Always data: a spreadsheet must not take a name for a formula.
  package static func cell(_ text: String) -> String {
    let guarded = text.first.map { "=+-@\t".contains($0) } == true ? "'" + text : text
    guard guarded.contains(where: { ",\"\r\n".contains($0) }) else { return guarded }
    return "\"" + guarded.replacing("\"", with: "\"\"") + "\""
  }

  /// The table, its lines ended as RFC 4180 has them.
  package static func text(_ rows: [[String]]) -> String {
    rows.map { $0.map(cell).joined(separator: ",") + "\r\n" }.joined()
  }

  /// The rows of a table; quotes and line ends within them are read as RFC 4180 has them.
  package static func rows(_ text: String, separator: Character = ",") -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var cell = ""
    var isQuoted = false
    var wasQuote = false
    for character in text {
      if isQuoted {
        if wasQuote {
          wasQuote = false
          if character == "\"" {
            cell.append(character)
            continue
          }
          isQuoted = false
        } else if character == "\"" {
          wasQuote = true
          continue
        } else {
          cell.append(character)
          continue
        }
      }
      switch character {
      case "\"" where cell.isEmpty: isQuoted = true
      case separator:
        row.append(cell)
        cell = ""
      case "\n", "\r\n", "\r":
        rows.append(row + [cell])
        (row, cell) = ([], "")
      default: cell.append(character)
      }
    }
    if !row.isEmpty || !cell.isEmpty { rows.append(row + [cell]) }
    return rows.filter { $0.contains { !$0.isEmpty } }
  }
}

/// One row for each submission, one column for each check.
struct MarkSheet {
  let records: [Record]
  let checks: [String]
  let exercises: [String]

  init(_ records: [Record]) {
    self.records = records
    var ids: [String] = []
    var seen: Set<String> = []
    for check in records.flatMap({ $0.checks }) where seen.insert(check.id).inserted {
      ids.append(check.id)
    }
    checks = ids
    exercises = ids.reduce(into: []) { found, id in
      let exercise = id.split(separator: ".").first.map(String.init) ?? id
      if !found.contains(exercise) { found.append(exercise) }
    }
  }

  var text: String {
    CSVText.text([["submission"] + head] + records.map { [$0.submission] + cells($0) })
  }

  private var isLate: Bool { records.contains { $0.deduction != nil } }
  private var isEdited: Bool { records.contains { $0.checks.contains { $0.edited != nil } } }
  private var isTimed: Bool { records.contains { $0.handedIn != nil } }

  var head: [String] {
    ["status", "score", "max"] + checks
      + (exercises.count > 1 ? exercises.map { $0 + " total" } : [])
      + (isTimed ? ["handed in"] : []) + (isLate ? ["late", "mark"] : [])
      + (isEdited ? ["edited"] : [])
  }

  func cells(_ record: Record) -> [String] {
    let points = Dictionary(record.checks.map { ($0.id, "\($0.points)") }) { first, _ in first }
    var cells = [record.status.rawValue, "\(record.score)", "\(record.max)"]
    cells += checks.map { points[$0] ?? "" }
    if exercises.count > 1 { cells += exercises.map { total(record, $0) } }
    if isTimed { cells.append(record.handedIn ?? "") }
    if isLate { cells += [record.deduction?.remark ?? "", "\(record.mark)"] }
    if isEdited {
      cells.append(
        record.checks.filter { $0.edited != nil }.map { $0.id }.joined(separator: " "))
    }
    return cells
  }

  /// What an exercise gave; nothing where it was not graded.
  func total(_ record: Record, _ exercise: String) -> String {
    let own = record.checks.filter { $0.exercise == exercise }
    return own.isEmpty || record.status == .fault ? "" : "\(own.reduce(0) { $0 + $1.points })"
  }

  func most(_ exercise: String) -> Int {
    records.map { $0.checks.filter { $0.exercise == exercise }.reduce(0) { $0 + $1.max } }.max()
      ?? 0
  }

  /// The marks that a platform is to import: a column for each exercise, and the whole where that is more.
  var platformColumns: [(title: String, most: Int, mark: (Record) -> String)] {
    var columns: [(title: String, most: Int, mark: (Record) -> String)] = []
    if exercises.count > 1 || !isLate {
      columns = exercises.map { exercise in
        (exercise, most(exercise), { total($0, exercise) })
      }
    }
    if exercises.count > 1 || isLate {
      columns.append(
        (
          exercises.count == 1 ? exercises[0] : "Total", exercises.reduce(0) { $0 + most($1) },
          { $0.status == .fault ? "" : "\($0.mark)" }
        ))
    }
    return columns
  }
}

/// Why a roster cannot be used; the text is for a reader.
package struct RosterFault: Error { package let text: String }

/// Those enrolled, as a platform lists them.
package struct Roster {
  private let head: [String]
  private let rows: [[String]]
  /// The column that holds the submissions' names.
  private let column: Int

  /// - Throws: `RosterFault` when no column holds the names.
  package init(_ text: String, names: [String]) throws {
    var text = text
    if text.hasPrefix("\u{feff}") { text.removeFirst() }
    let first = text.prefix { !$0.isNewline }
    let separator = [",", ";", "\t"].max { a, b in
      first.count { "\($0)" == a } < first.count { "\($0)" == b }
    }
    let all = CSVText.rows(text, separator: Character(separator ?? ","))
    guard let head = all.first, all.count > 1 else {
      throw RosterFault(text: "a roster has a row of titles and a row for each learner")
    }
    let rows = all.dropFirst().filter {
      !($0.first ?? "").trimmingPrefix(while: { $0 == " " }).hasPrefix("Points Possible")
    }.map {
      Array(($0 + [String](repeating: "", count: max(0, head.count - $0.count))).prefix(head.count))
    }
    let known = Set(names.map(Roster.bare))
    let hits = head.indices.map { i in
      rows.filter { !Roster.names($0[i]).isDisjoint(with: known) }.count
    }
    guard let most = hits.max(), most > 0, let column = hits.firstIndex(of: most) else {
      throw RosterFault(
        text:
          "no column holds the submissions' names, as `\(names.first ?? "")`; it has \(head.joined(separator: ", "))"
      )
    }
    (self.head, self.rows, self.column) = (head, rows, column)
  }

  /// A submission's name as a roster would have it: a file of its own without its ending.
  private static func bare(_ name: String) -> String {
    Record.learner(of: name.lowercased())
  }

  /// What a cell's learner may have called the submission: the whole, or what stands before an `@`.
  private static func names(_ cell: String) -> Set<String> {
    let name = cell.lowercased()
    var names: Set<String> = name.isEmpty ? [] : [name]
    if let at = name.firstIndex(of: "@"), at != name.startIndex {
      names.insert(String(name[..<at]))
    }
    return names
  }

  /// The record of a row's learner: by the whole cell before the part of an address.
  private func claim(_ row: [String], _ found: [String: Record]) -> Record? {
    found[row[column].lowercased()] ?? Roster.names(row[column]).compactMap { found[$0] }.first
  }

  /// Submissions that several rows could be of: nobody's mark may stand with somebody else.
  package func claimedTwice(among records: [Record]) -> [String] {
    let found = Dictionary(records.map { (Roster.bare($0.submission), $0) }) { first, _ in first }
    let claims = Dictionary(grouping: rows.compactMap { claim($0, found)?.submission }) { $0 }
    return claims.filter { $0.value.count > 1 }.keys.sorted()
  }

  /// Submissions of nobody on it.
  package func strangers(among records: [Record]) -> [String] {
    let known = rows.reduce(into: Set<String>()) { $0.formUnion(Roster.names($1[column])) }
    return records.map { $0.submission }.filter { !known.contains(Roster.bare($0)) }
  }

  /// The marks in a platform's columns, a row for each learner.
  /// - Throws: `RosterFault` when a column is missing that the platform needs.
  package func text(_ records: [Record], _ format: GradeFormat) throws -> String {
    let found = Dictionary(records.map { (Roster.bare($0.submission), $0) }) { first, _ in first }
    let twice = Set(claimedTwice(among: records).map(Roster.bare))
    func record(_ row: [String]) -> Record? {
      claim(row, found).flatMap { twice.contains(Roster.bare($0.submission)) ? nil : $0 }
    }
    let sheet = MarkSheet(records)
    guard format.needsRoster else {
      guard format == .csv else { return format.text(records) }
      let blank = [String](repeating: "", count: sheet.head.count - 1)
      return CSVText.text(
        [head + sheet.head] + rows.map { $0 + (record($0).map(sheet.cells) ?? ["absent"] + blank) })
    }
    let wanted = Roster.columns(format)
    let own = wanted.compactMap { title in
      head.firstIndex { $0.trimmingPrefix(while: { $0 == " " }).lowercased() == title.lowercased() }
    }
    let isEnough = format == .moodle ? !own.isEmpty : own.count == wanted.count
    guard isEnough else {
      throw RosterFault(
        text:
          "\(format.rawValue) finds learners by the columns \(wanted.joined(separator: ", ")); here are \(head.joined(separator: ", "))"
      )
    }
    let columns = sheet.platformColumns
    // A column that the platform has already keeps its title, by which it is found again.
    let titles = columns.map { column in
      head.first { $0 == column.title || $0.hasPrefix(column.title + " (") }
        ?? (format == .blackboard
          ? "\(column.title) [Total Pts: \(column.most) Score]" : column.title)
    }
    var table = [own.map { head[$0] } + titles]
    if format == .canvas {
      table.append(
        ["    Points Possible"] + [String](repeating: "", count: own.count - 1)
          + columns.map { "\($0.most)" })
    }
    table += rows.map { row in
      let marks = record(row).map { record in columns.map { $0.mark(record) } }
      return own.map { row[$0] } + (marks ?? columns.map { _ in "" })
    }
    return CSVText.text(table)
  }

  /// What a platform's import finds learners by.
  private static func columns(_ format: GradeFormat) -> [String] {
    switch format {
    case .canvas: ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    case .moodle: ["Email address", "Username", "ID number"]
    case .blackboard: ["Last Name", "First Name", "Username"]
    default: []
    }
  }
}
