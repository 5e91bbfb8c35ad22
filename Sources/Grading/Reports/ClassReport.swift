// What a class's records say together: which checks are hard, what was misunderstood, who did the same.

/// What is to be known of a class after an exercise.
package struct ClassReport {
  /// One check over all learners.
  package struct CheckSummary {
    package let id: String
    package let isHidden: Bool
    package let passed: Int
    package let count: Int
    /// The mean share of its points, from 0 to 1.
    package let mean: Double
    /// How it goes with the rest of the marks: their correlation, from -1 to 1; nil where nobody differs. Near 0 it
    /// tells nothing of who understood, below 0 it is likely to be wrong itself.
    package let discrimination: Double?
  }

  /// A finding and who has it.
  package struct Misconception {
    package let check: String
    package let finding: Finding
    package let learners: [String]
    /// What one of them was told.
    package let example: String
  }

  /// Scripts that are the same.
  package struct Twins {
    package let exercise: String
    package let learners: [String]
    /// Whether they are the same to the letter, or but for names, spaces and comments.
    package let isExact: Bool
    package let tokens: Int
  }

  /// A learner's check that came near to its budget.
  package struct NearLimit {
    package let learner: String
    package let check: String
    package let percent: Int
  }

  package let title: String
  package let graded: Int
  package let rejected: [(learner: String, message: String)]
  package let faults: [(learner: String, message: String)]
  /// Marks, from the lowest.
  package let marks: [Int]
  package let most: Int
  package let checks: [CheckSummary]
  /// The most frequent first.
  package let misconceptions: [Misconception]
  package let twins: [Twins]
  package let nearLimits: [NearLimit]
  /// Failed checks of which no cause is known, and all that failed.
  package let unexplained: (Int, of: Int)
  /// Exercises that some did not hand in, and how many.
  package let notHandedIn: [(exercise: String, learners: Int)]

  package init(_ records: [Record]) {
    let graded = records.filter { $0.status == .graded }
    title = records.first?.course ?? ""
    self.graded = graded.count
    rejected = records.filter { $0.status == .rejected }.map { ($0.submission, $0.message) }
    faults = records.filter { $0.status == .fault }.map { ($0.submission, $0.message) }
    marks = graded.map { $0.mark }.sorted()
    most = graded.map { $0.max }.max() ?? 0
    checks = ClassReport.summaries(graded)
    misconceptions = ClassReport.misconceptions(graded)
    twins = ClassReport.twins(graded)
    nearLimits = graded.flatMap { record in
      record.checks.filter { ($0.load ?? 0) >= 80 }.map {
        NearLimit(learner: record.submission, check: $0.id, percent: $0.load ?? 0)
      }
    }.sorted { $0.percent > $1.percent }
    let failed = graded.flatMap { $0.checks }.filter { $0.verdict == .fail && !$0.hidden }
    var absent: [String: Int] = [:]
    for record in graded {
      let missing = Set(record.checks.filter { $0.verdict == .missing }.map { $0.exercise })
      for exercise in missing { absent[exercise, default: 0] += 1 }
    }
    notHandedIn = absent.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    unexplained = (failed.filter { $0.finding == nil }.count, failed.count)
  }

  /// Of the marks; 0 where there are none.
  package var mean: Double {
    marks.isEmpty ? 0 : Double(marks.reduce(0, +)) / Double(marks.count)
  }

  /// Of the marks; 0 where there are none.
  package var median: Double {
    guard !marks.isEmpty else { return 0 }
    let half = marks.count / 2
    return marks.count % 2 == 1 ? Double(marks[half]) : Double(marks[half - 1] + marks[half]) / 2
  }

  /// How many marks lie in each tenth of what could be had.
  package var tenths: [Int] {
    var bins = [Int](repeating: 0, count: 10)
    for mark in marks where most > 0 { bins[min(9, 10 * mark / most)] += 1 }
    return bins
  }

  private static func summaries(_ records: [Record]) -> [CheckSummary] {
    var ids: [String] = []
    var seen: Set<String> = []
    for check in records.flatMap({ $0.checks }) where seen.insert(check.id).inserted {
      ids.append(check.id)
    }
    return ids.map { id in
      var shares: [Double] = []
      var rests: [Double] = []
      var (passed, isHidden) = (0, false)
      for record in records {
        guard let check = record.checks.first(where: { $0.id == id }),
          check.verdict != .missing
        else { continue }
        shares.append(check.max > 0 ? Double(check.points) / Double(check.max) : 0)
        rests.append(Double(record.score - check.points))
        if check.verdict == .pass { passed += 1 }
        isHidden = check.hidden
      }
      return CheckSummary(
        id: id, isHidden: isHidden, passed: passed, count: shares.count,
        mean: shares.reduce(0, +) / Double(max(1, shares.count)),
        discrimination: correlation(shares, rests))
    }
  }

  /// Pearson's; nil where one side does not vary.
  static func correlation(_ a: [Double], _ b: [Double]) -> Double? {
    let n = Double(a.count)
    let (meanA, meanB) = (a.reduce(0, +) / n, b.reduce(0, +) / n)
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      ab += (x - meanA) * (y - meanB)
      aa += (x - meanA) * (x - meanA)
      bb += (y - meanB) * (y - meanB)
    }
    return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : nil
  }

  private static func misconceptions(_ records: [Record]) -> [Misconception] {
    struct Key: Hashable {
      let check: String
      let kind: Finding.Kind
      let name: String
    }
    var found: [Key: (finding: Finding, learners: [String], example: String)] = [:]
    for record in records {
      for check in record.checks {
        // What rests on another function is told of that one.
        guard let finding = check.finding, check.verdict != .pass,
          finding.kind != .missing, finding.kind != .dependency
        else { continue }
        let key = Key(check: check.id, kind: finding.kind, name: finding.name)
        found[key, default: (finding, [], check.message)].learners.append(record.submission)
      }
    }
    return found.map { key, value in
      Misconception(
        check: key.check, finding: value.finding, learners: value.learners, example: value.example)
    }.sorted {
      ($1.learners.count, $0.check, $0.finding.name) < (
        $0.learners.count, $1.check, $1.finding.name
      )
    }
  }

  /// Shorter scripts are alike by chance.
  private static let leastTokens = 60

  private static func twins(_ records: [Record]) -> [Twins] {
    var exact: [[String]: [String]] = [:]
    var alike: [[String]: [(learner: String, sha256: String)]] = [:]
    var tokens: [[String]: Int] = [:]
    for record in records {
      for file in record.files ?? [] where !file.isStarter {
        exact[[file.exercise, file.sha256], default: []].append(record.submission)
        guard file.tokens >= leastTokens else { continue }
        alike[[file.exercise, file.shape], default: []].append((record.submission, file.sha256))
        tokens[[file.exercise, file.shape]] = file.tokens
        tokens[[file.exercise, file.sha256]] = file.tokens
      }
    }
    var all: [Twins] = []
    for (key, learners) in exact where learners.count > 1 {
      all.append(
        Twins(exercise: key[0], learners: learners, isExact: true, tokens: tokens[key] ?? 0))
    }
    for (key, files) in alike where Set(files.map({ $0.sha256 })).count > 1 {
      all.append(
        Twins(
          exercise: key[0], learners: files.map { $0.learner }, isExact: false,
          tokens: tokens[key] ?? 0))
    }
    return all.sorted { ($0.exercise, $0.learners[0]) < ($1.exercise, $1.learners[0]) }
  }

  /// What was misunderstood, rather than not finished.
  package var understood: [Misconception] {
    misconceptions.filter {
      ![.error, .constant, .kind, .calls].contains($0.finding.kind)
    }
  }

  /// What to teach again tomorrow, in a paragraph that the numbers make.
  package var advice: String {
    guard graded > 0 else { return "Nothing was graded." }
    func share(_ n: Int) -> String { "\(n) of \(graded)" }
    var told: [String] = []
    for (exercise, learners) in notHandedIn {
      told.append("\(exercise) was not handed in by \(share(learners)).")
    }
    let open = checks.filter { $0.count > 0 && $0.passed < $0.count }
    guard let hardest = open.min(by: { $0.passed * $1.count < $1.passed * $0.count }) else {
      return (told + ["Everybody passed every check: go on."]).joined(separator: " ")
    }
    told.append("\(hardest.id) was the hardest: \(hardest.passed) of \(hardest.count) passed it.")
    let top = understood.filter { $0.learners.count > 1 }.prefix(3)
    if let first = top.first {
      told.append(
        "Begin with what most got wrong in the same way: in \(first.check), \(first.finding.name) (\(share(first.learners.count)))."
      )
      for next in top.dropFirst() {
        told.append("Then, in \(next.check): \(next.finding.name) (\(share(next.learners.count))).")
      }
    } else {
      told.append("No two learners made the same mistake; look at the examples one by one.")
    }
    let missing = checks.map { $0.count - $0.passed }.max() ?? 0
    if let worst = checks.filter({ $0.discrimination ?? 1 < 0.05 && $0.passed < $0.count }).first,
      missing > 0, graded >= 10
    {
      told.append(
        "\(worst.id) does not tell those who understood from those who did not: look at the check itself."
      )
    }
    return told.joined(separator: " ")
  }
}
