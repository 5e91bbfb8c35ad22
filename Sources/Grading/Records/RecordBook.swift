// Records as a database: found again by what they are of, joined, handed on.

extension Record {
  /// What a record is of: there is one of each.
  package struct Key: Hashable, Comparable, Sendable {
    package let submission: String
    package let exercises: [String]

    package static func < (a: Key, b: Key) -> Bool {
      (a.submission, a.exercises.joined(separator: " "))
        < (b.submission, b.exercises.joined(separator: " "))
    }
  }

  /// Whose a submission of that name is.
  package static func learner(of name: String) -> String {
    ScriptParts.plain(name)
  }

  /// The exercises whose checks it holds, in their order.
  package var exercises: [String] {
    checks.reduce(into: []) { found, check in
      if found.last != check.exercise { found.append(check.exercise) }
    }
  }

  package var key: Key { Key(submission: submission, exercises: exercises) }
}

extension CheckRecord {
  /// The category as learners may see it: of a hidden check, whether it passed.
  package var shownCategory: String { hidden ? verdict.rawValue : category }
}

/// Which of several hand-ins counts.
package enum Attempt: String, CaseIterable, Sendable {
  case best, last
}

/// Why records cannot be joined; the text is for a reader.
package struct MergeFault: Error { package let text: String }

/// Joins records of one course.
package struct RecordBook {
  /// Each learner's, in the order in which they came.
  private var parts: [String: [Record]] = [:]
  private var first: Record?
  private let attempt: Attempt?
  package private(set) var doubles = 0
  package private(set) var superseded = 0

  /// - Parameter attempt: which of several hand-ins of one exercise counts; without it that is a fault.
  package init(_ attempt: Attempt? = nil) { self.attempt = attempt }

  /// - Throws: `MergeFault`
  package mutating func add(_ record: Record, from path: String) throws {
    if let first, first.course != record.course || first.courseHash != record.courseHash {
      throw MergeFault(
        text: "`\(path)` has records of another course, or of another version of it")
    }
    first = first ?? record
    var known = parts[record.submission] ?? []
    for (i, other) in known.enumerated() {
      if other.withoutTime == record.withoutTime {
        doubles += 1
        return
      }
      guard other.seed == record.seed else {
        throw MergeFault(
          text:
            "records of `\(record.submission)` were graded with two seeds, the second in `\(path)`; grade them again with one"
        )
      }
      guard !Set(other.exercises).isDisjoint(with: record.exercises) else { continue }
      guard let attempt, other.exercises == record.exercises else {
        throw MergeFault(
          text:
            "two different records of `\(record.submission)`, the second in `\(path)`; grade it again, or say with --attempts which of several hand-ins counts"
        )
      }
      superseded += 1
      if RecordBook.counts(record, before: other, attempt) { known[i] = record }
      parts[record.submission] = known
      return
    }
    parts[record.submission] = known + [record]
  }

  /// Whether a hand-in takes the place of another.
  private static func counts(_ new: Record, before old: Record, _ attempt: Attempt) -> Bool {
    // What was graded comes before what could not be.
    if (new.status == .graded) != (old.status == .graded) { return new.status == .graded }
    switch attempt {
    case .best: return new.mark > old.mark
    case .last: return (new.handedIn ?? "") >= (old.handedIn ?? "")
    }
  }

  package var learners: Int { parts.count }
  /// Learners whose record was made of several.
  package var joined: Int { parts.values.filter { $0.count > 1 }.count }

  /// One record for each learner, by name.
  package var records: [Record] {
    parts.sorted { $0.key < $1.key }.map { RecordBook.whole($0.value) }
  }

  private static func whole(_ parts: [Record]) -> Record {
    let parts = parts.sorted { $0.key < $1.key }
    guard parts.count > 1, var whole = parts.first else { return parts[0] }
    for part in parts.dropFirst() {
      whole.checks += part.checks
      whole.score += part.score
      whole.max += part.max
      whole.warnings += part.warnings.filter { !whole.warnings.contains($0) }
      whole.output += part.output
      whole.seconds += part.seconds
      whole.submissionHash = Digest.sha256(whole.submissionHash + part.submissionHash)
      if let files = part.files { whole.files = (whole.files ?? []) + files }
      whole.handedIn = [whole.handedIn, part.handedIn].compactMap { $0 }.max()
      if let more = part.deduction {
        whole.deduction = Record.Deduction(
          points: (whole.deduction?.points ?? 0) + more.points,
          reason: [whole.deduction?.reason, more.reason].compactMap { $0 }.joined(separator: "; "))
      }
      // Nothing that could not be graded may look as if it had been.
      if part.status != .graded, whole.status != .fault {
        whole.status = whole.status == .graded && part.status == .rejected ? .graded : part.status
        whole.message = [whole.message, part.message].filter { !$0.isEmpty }
          .joined(separator: "; ")
      }
    }
    return whole
  }
}

extension Record {
  /// The marks that an instructor gave by hand are handed on to a new record of the same hand-in.
  package mutating func keepEdits(of old: Record) {
    for check in old.checks {
      guard let edited = check.edited, let i = checks.firstIndex(where: { $0.id == check.id }),
        (0...checks[i].max).contains(check.points)
      else { continue }
      checks[i].edit(check.points, note: edited.note)
    }
    if status == .graded { score = checks.reduce(0) { $0 + $1.points } }
  }
}
