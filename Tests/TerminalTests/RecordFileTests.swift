import Foundation
import Glibc
import Grading
import Testing

/// Records as a database, what is made of them, and the commands for both.
@Suite struct RecordFileTests {
  private static let right = "fn double(x) = 2*x\nfn slope(x) = 2*x\n"

  /// A course of two exercises in a folder, with a class in another.
  private struct Place {
    let folder: Scratch

    init(hidden: Bool = true, key: Bool = true) throws {
      folder = try Scratch()
      try folder.write(
        #"{"name":"small","exercises":[{"id":"e1"},{"id":"e2"}],"budgets":{"steps":200000}}"#,
        to: "course/course.json")
      for id in ["e1", "e2"] {
        try folder.write("todo(\"all\")", to: "course/exercises/\(id).nn")
        try folder.write(
          """
          exercise \(id)
          check double points 2 cases 8 { draw x in [-2, 2]; call double(x); expect 2*x; partial }
          check slope points 4 cases 8 { draw x in [-2, 2]; call slope(x); expect 2*x + 0*x^2; misconception "the square is taken for its slope": x^2 }
          """, to: "course/exercises/\(id).check.nn")
        if hidden {
          try folder.write(
            "exercise \(id)\ncheck large points 3 cases 8 { draw x in [100, 200]; call slope(x); expect 2*x }\n",
            to: "course/private/\(id).hidden.nn")
        }
      }
      if key { try folder.write("secret", to: "course/private/key") }
    }

    func hand(_ name: String, _ text: String, as file: String = "e1.nn") throws {
      try folder.write(text, to: "in/\(name)/\(file)")
    }

    func grade(_ more: String...) throws -> (status: Int32, output: String, told: String) {
      try Program.tell(
        ["grade", folder.path + "/in", "--course", folder.path + "/course"] + more)
    }

    func records(_ text: String) throws -> [Record] {
      try text.split(separator: "\n").map {
        try JSONDecoder().decode(Record.self, from: Data($0.utf8)).withoutTime
      }
    }

    func file(_ name: String) -> String { folder.path + "/" + name }
  }

  // MARK: Nothing is lost

  @Test func anotherExerciseAddsAndAnotherSeedAsks() throws {
    let place = try Place()
    for name in ["ada", "alan"] {
      try place.hand(name, Self.right)
      try place.hand(name, Self.right, as: "e2.nn")
    }
    let out = place.file("m.jsonl")
    #expect(try place.grade("--exercise", "e1", "--out", out).status == 0)
    #expect(try place.grade("--exercise", "e2", "--out", out, "--resume").status == 0)
    let both = try place.records(place.folder.text("m.jsonl") ?? "")
    #expect(both.map(\.exercises) == [["e1"], ["e2"], ["e1"], ["e2"]])
    let asked = try place.grade("--exercise", "e1", "--out", out, "--resume", "--seed", "other")
    #expect(asked.status == 2 && asked.told.contains("another seed"))
    #expect(try place.grade("--out", out, "--resume").told.contains("grade the same exercises"))
    #expect(try place.records(place.folder.text("m.jsonl") ?? "") == both)
    try place.folder.write(
      #"{"name":"small","title":"New","exercises":[{"id":"e1"},{"id":"e2"}]}"#,
      to: "course/course.json")
    let changed = try place.grade("--exercise", "e1", "--out", out, "--resume")
    #expect(changed.status == 2 && changed.told.contains("another version of the course"))
    #expect(try place.grade("--exercise", "e1", "--out", out, "--replace").status == 0)
    #expect(try place.records(place.folder.text("m.jsonl") ?? "").count == 4)

    // Weeks are joined to a whole sheet, and what was joined is said.
    #expect(try place.grade("--exercise", "e2", "--out", out, "--replace").status == 0)
    let merged = try Program.tell(["merge", out, "--format", "csv"])
    #expect(merged.status == 0)
    #expect(merged.told.contains("4 records in 1 files: 2 learners, 2 of them joined"))
    let sheet = merged.output.components(separatedBy: "\r\n")
    #expect(
      sheet[0]
        == "submission,status,score,max,e1.double,e1.slope,e1.large,e2.double,e2.slope,e2.large,e1 total,e2 total"
    )
    #expect(sheet[1] == "ada,graded,18,18,2,4,3,2,4,3,9,9")
  }

  /// A file that went through another program's line ends is read as it is, and nothing of it is dropped.
  @Test func recordsWithCarriageReturns() throws {
    let place = try Place()
    for name in ["ada", "alan"] { try place.hand(name, Self.right) }
    let out = place.file("m.jsonl")
    #expect(try place.grade("--exercise", "e1", "--out", out).status == 0)
    #expect(try Program.run(["mark", out, "ada", "e1.slope", "1"]).status == 0)
    let text = try #require(place.folder.text("m.jsonl"))
    try place.folder.write(text.replacingOccurrences(of: "\n", with: "\r\n"), to: "m.jsonl")
    #expect(
      try place.grade("--exercise", "e1", "--out", out, "--resume").told.contains("kept 2 records"))
    #expect(place.folder.text("m.jsonl") == text)
  }

  /// Two runs on one file, killed at random and gone on with: no record is lost and none is there twice.
  @Test func twoRunsOnOneFileLoseNothing() throws {
    let place = try Place()
    for i in 0..<6 {
      try place.folder.write(Self.right, to: "a/s\(i)/e1.nn")
      try place.folder.write(Self.right, to: "b/t\(i)/e1.nn")
    }
    var generator = SystemRandomNumberGenerator()
    for round in 0..<10 {
      let out = place.file("m\(round).jsonl")
      func arguments(_ shard: String) -> [String] {
        [
          "grade", place.file(shard), "--course", place.file("course"), "--exercise", "e1",
          "--out", out, "--resume",
        ]
      }
      let runs = try ["a", "b"].map { try Program.start(arguments($0)) }
      usleep(UInt32.random(in: 0..<300_000, using: &generator))
      kill(runs[round % 2].0.processIdentifier, SIGKILL)
      for (process, _) in runs { process.waitUntilExit() }
      for shard in ["a", "b"] { #expect(try Program.run(arguments(shard)).status == 0) }
      let names = try place.records(place.folder.text("m\(round).jsonl") ?? "").map(\.submission)
      #expect(names == (0..<6).map { "s\($0)" } + (0..<6).map { "t\($0)" })
    }
  }

  /// Without --resume nobody waits: the second run is refused while the first one writes.
  @Test func aSecondRunIsRefused() throws {
    let place = try Place()
    try place.hand("ada", Self.right)
    let lock = open(place.file("m.jsonl.lock"), O_RDWR | O_CREAT, 0o644)
    #expect(flock(lock, LOCK_EX) == 0)
    let refused = try place.grade("--exercise", "e1", "--out", place.file("m.jsonl"))
    #expect(refused.status == 2 && refused.told.contains("another run is writing"))
    close(lock)
    #expect(try place.grade("--exercise", "e1", "--out", place.file("m.jsonl")).status == 0)
    #expect(place.folder.text("m.jsonl.lock") == nil)
  }

  @Test func whatIsMissingIsTold() throws {
    let place = try Place(hidden: true, key: false)
    try place.hand("ada", Self.right)
    let told = try place.grade("--exercise", "e1").told
    #expect(told.contains("no key in") && !told.contains("no hidden checks"))
    #expect(try Program.run(["course", "check", place.file("course"), "--promote"]).status == 1)
    try place.folder.write(
      #"{"exercises":[{"id":"e1"},{"id":"e2"}],"hidden":{"e1":1,"e2":1}}"#, to: "course/course.json"
    )
    try FileManager.default.removeItem(atPath: place.file("course/private"))
    let without = try place.grade("--exercise", "e1", "--seed", "s")
    #expect(without.told.contains("no hidden checks of e1, e2"))
    #expect(!without.told.contains("no key"))
  }

  // MARK: Names

  @Test func scriptsUnderOtherNames() throws {
    let place = try Place()
    try place.hand("download", Self.right, as: "e1 (1).nn")
    try place.hand("loud", Self.right, as: "E1.NN")
    try place.hand("deeper", Self.right, as: "hw/e1.nn")
    try place.hand("two", Self.right, as: "e1 (1).nn")
    try place.hand("two", Self.right + "\n", as: "e1 (2).nn")
    try place.hand("twice", Self.right, as: "e1 (1).nn")
    try place.hand("twice", Self.right, as: "old/e1.nn")
    try place.hand("other", Self.right, as: "homework.nn")
    try place.hand(
      "cells", "k = 2\n# exercise e1\n\(Self.right)# exercise e2\nnope(\n", as: "all.nn")
    try place.hand("none", "", as: "readme.txt")
    try place.hand(".git", "", as: "config")
    try place.hand("alice", Self.right)
    try place.hand("аlice", Self.right)
    let graded = try place.grade("--exercise", "e1")
    let records = Dictionary(
      try place.records(graded.output).map { ($0.submission, $0) }
    ) { first, _ in first }
    for name in ["download", "loud", "deeper", "twice", "cells"] {
      #expect(records[name]?.score == 9, "\(name): \(String(describing: records[name]?.checks))")
      #expect(records[name]?.warnings.first?.contains("e1 was read from") == true, "\(name)")
    }
    #expect(records["two"]?.checks[0].message.contains("`e1 (1).nn`, `e1 (2).nn`") == true)
    #expect(records["other"]?.checks[0].message.contains("there is `homework.nn`") == true)
    #expect(records["none"]?.checks[0].message == "e1.nn was not handed in")
    #expect(records["alice"]?.warnings.first?.contains("looks like that of another") == true)
    #expect(records["аlice"]?.warnings.isEmpty == false)
    #expect(graded.told.contains("left out 1 names that begin with a dot: `.git`"))
    #expect(records.count == 10)
  }

  /// Whatever a learner is called, the platform gets a result.
  @Test(
    arguments: GradeFormat.allCases.filter(\.isSingle), ["a&b=c!d#e@x.org", "a/b", "$(x)", "-rf"])
  func everyAddressHasAResult(_ format: GradeFormat, _ name: String) throws {
    let place = try Place()
    try place.folder.write(Self.right, to: "one/e1.nn")
    let (status, output) = try Program.run([
      "grade", place.file("one"), "--single", "--learner=\(name)", "--course", place.file("course"),
      "--exercise", "e1", "--format", format.rawValue,
    ])
    #expect(status == 0)
    #expect(try JSONSerialization.jsonObject(with: Data(output.utf8)) is [String: Any])
  }

  /// How a hidden check failed is in no format that learners see.
  @Test(arguments: GradeFormat.allCases.filter { $0 != .jsonl && !$0.needsRoster })
  func hiddenRungsStayHidden(_ format: GradeFormat) throws {
    let place = try Place()
    try place.folder.write(
      "fn double(x) = 2*x\nfn slope(x) { if x > 50 { 0 } else { 2*x } }\n", to: "one/e1.nn")
    let (_, output) = try Program.run([
      "grade", place.file("one"), "--single", "--course", place.file("course"), "--exercise", "e1",
      "--format", format.rawValue,
    ])
    #expect(!output.isEmpty && !output.contains("\"zero\"") && !output.contains("zero"))
  }

  // MARK: One mark on every machine

  /// Slow answers get the same marks however many are graded at a time; and that more jobs than cores are of no
  /// use is said.
  @Test func marksDoNotDependOnTheLoad() throws {
    let place = try Place()
    let slow =
      "fn double(x) { s = 0; for i in range(5000) { s = s + 2*x/5000 }; 2*x + 0*s }\nfn slope(x) = double(x)\n"
    try place.hand("s0", slow)
    let alone = try place.records(try place.grade("--exercise", "e1").output)
    for i in 1..<8 { try place.hand("s\(i)", slow) }
    let (status, output, told) = try place.grade("--exercise", "e1", "--jobs", "64")
    #expect(status == 0 && told.contains("--jobs 64 on"))
    let together = try place.records(output)
    #expect(together.count == 8 && alone[0].score == 9)
    for record in together { #expect(record.checks.map(\.points) == alone[0].checks.map(\.points)) }
  }

  /// What no step explains is no mark of anybody's: it is tried again alone and then told as a fault of ours.
  @Test func processorTimeIsNoMark() throws {
    let place = try Place()
    try place.folder.write(
      #"{"name":"small","exercises":[{"id":"e1"}],"budgets":{"steps":1000000000000,"seconds":1}}"#,
      to: "course/course.json")
    try place.hand("ada", "fn double(x) { while true { } }\nfn slope(x) = 2*x\n")
    let (status, output, told) = try place.grade("--exercise", "e1")
    let records = try place.records(output)
    #expect(status == 4 && records[0].status == .fault && records[0].score == 0)
    #expect(told.contains("tried once more, alone"))
    #expect(records[0].message.contains("took longer than its steps explain"))
  }

  // MARK: What is made of records

  @Test func marksByHandSurvive() throws {
    let place = try Place()
    try place.hand("ada", "fn double(x) = 2*x\nfn slope(x) = x^2\n")
    let out = place.file("m.jsonl")
    #expect(try place.grade("--exercise", "e1", "--out", out).status == 0)
    #expect(try Program.run(["mark", out, "ada", "e1.slope", "5"]).status == 2)
    #expect(try Program.run(["mark", out, "bob", "e1.slope", "1"]).status == 2)
    let marked = try Program.run(["mark", out, "ada", "e1.slope", "3", "--note", "told me"])
    #expect(marked.status == 0 && marked.output == "ada: e1.slope 0 → 3\n")
    let again = try Program.tell([
      "regrade", out, place.file("in"), "--course", place.file("course"), "--exercise", "e1",
      "--out", place.file("n.jsonl"),
    ])
    #expect(again.output == "0 of 1 changed\n" && again.told.contains("marks by hand, which stay"))
    let record = try #require(try place.records(place.folder.text("n.jsonl") ?? "").first)
    #expect(record.score == 5 && record.checks[1].edited?.note == "told me")
    #expect(record.checks[1].edited?.points == 0)
    #expect(
      try Program.run(["merge", place.file("n.jsonl"), "--format", "csv"]).output.contains(
        ",edited\r\n"))
    #expect(try Program.run(["feedback", place.file("n.jsonl"), place.file("back")]).status == 0)
    #expect(
      place.folder.text("back/ada.txt")?.contains("mark given by hand instead of 0: told me")
        == true)
    #expect(place.folder.text("back/ada.html")?.contains("<code>slope</code>") == true)
  }

  @Test func lateDaysAndAttempts() throws {
    let place = try Place()
    func one(_ text: String, _ time: String, _ out: String) throws {
      try place.folder.write(text, to: "one/e1.nn")
      #expect(
        try Program.run([
          "grade", place.file("one"), "--single", "--learner", "ada", "--course",
          place.file("course"), "--exercise", "e1", "--handed-in", time, "--out", place.file(out),
        ]).status == 0)
    }
    try one(Self.right, "2026-11-30T12:00:00Z", "first.jsonl")
    try one("fn double(x) = 2*x\nfn slope(x) = x\n", "2026-12-02T13:00:00+01:00", "second.jsonl")
    let files = [place.file("first.jsonl"), place.file("second.jsonl")]
    #expect(try Program.run(["merge"] + files).status == 2)
    for (attempt, score, mark, late) in [("best", 9, 9, ""), ("last", 2, 1, "3 days late")] {
      let merged = try Program.run(
        ["merge"] + files + [
          "--attempts", attempt, "--due", "2026-11-30T12:00:00Z", "--per-day", "20",
        ])
      let record = try #require(try place.records(merged.output).first)
      #expect(record.score == score, "\(attempt)")
      if attempt == "last" {
        #expect(record.deduction?.reason == "2 days late" && record.mark == mark, "\(late)")
      } else {
        #expect(record.mark == mark)
      }
    }
    let graced = try Program.run(
      ["merge", files[1], "--due", "2026-11-30", "--grace", "3", "--format", "csv"])
    #expect(!graced.output.contains("late"))
  }

  @Test func rosters() throws {
    let place = try Place()
    try place.hand("ada", Self.right)
    try place.hand("eve", Self.right)
    let canvas =
      "Student,ID,SIS User ID,SIS Login ID,Section\r\n    Points Possible,,,,\r\n\"Lovelace, Ada\",7,u7,ada,S1\r\nAlan,8,u8,alan,S1\r\n"
    try place.folder.write(canvas, to: "canvas.csv")
    try place.folder.write(
      "First name;Surname;Email address\nAda;L;ada@x.org\nAlan;T;alan@x.org\n", to: "moodle.csv")
    try place.folder.write(
      "\u{feff}\"Last Name\",\"First Name\",\"Username\"\nL,Ada,ada\n", to: "bb.csv")
    func sheet(_ format: String, _ roster: String) throws -> (String, String) {
      let (_, output, told) = try place.grade(
        "--exercise", "e1", "--format", format, "--roster", place.file(roster))
      return (output, told)
    }
    let (first, told) = try sheet("canvas", "canvas.csv")
    #expect(
      first
        == "Student,ID,SIS User ID,SIS Login ID,Section,e1\r\n    Points Possible,,,,,9\r\n\"Lovelace, Ada\",7,u7,ada,S1,9\r\nAlan,8,u8,alan,S1,\r\n"
    )
    #expect(told.contains("`eve` is not on the roster"))
    #expect(
      try sheet("moodle", "moodle.csv").0 == "Email address,e1\r\nada@x.org,9\r\nalan@x.org,\r\n")
    #expect(
      try sheet("blackboard", "bb.csv").0
        == "Last Name,First Name,Username,e1 [Total Pts: 9 Score]\r\nL,Ada,ada,9\r\n")
    #expect(try sheet("csv", "canvas.csv").0.contains("Alan,8,u8,alan,S1,absent,,"))
    #expect(try place.grade("--exercise", "e1", "--format", "canvas").status == 2)
    #expect(try sheet("canvas", "moodle.csv").1.contains("finds learners by the columns"))
    let anonymous = try place.grade("--exercise", "e1", "--format", "csv", "--anonymous").output
    #expect(!anonymous.contains("ada") && anonymous.contains("learner-"))
    // Nobody's mark stands with somebody else.
    try place.folder.write("Email address\nada@x.org\nada@y.org\n", to: "two.csv")
    let (marks, said) = try sheet("moodle", "two.csv")
    #expect(marks == "Email address,e1\r\nada@x.org,\r\nada@y.org,\r\n")
    #expect(said.contains("`ada` fits several rows"))
    try place.folder.write("name,login\nAda,ada,extra,cells\n", to: "wide.csv")
    #expect(try sheet("csv", "wide.csv").0.contains("Ada,ada,graded,9,9"))
    try place.folder.write(
      "Student,ID,SIS User ID,SIS Login ID,Section,e1 (123)\nA,7,u7,ada,S1,\n", to: "known.csv")
    #expect(
      try sheet("canvas", "known.csv").0.hasPrefix(
        "Student,ID,SIS User ID,SIS Login ID,Section,e1 (123)\r\n"))
  }

  /// A class with planted mistakes: the report's histogram has all of them, with their numbers, and nothing else.
  @Test func theReportFindsWhatWasPlanted() throws {
    let place = try Place()
    let kinds: [(String, String?, String)] = [
      (Self.right, nil, ""),
      ("fn double(x) = 2*x\nfn slope(x) = x^2\n", "the square is taken for its slope", "e1.slope"),
      ("fn double(x) = x\nfn slope(x) = 2*x\n", "the factor `2` is missing in `2*x`", "e1.double"),
      ("fn double(x) = x*x*x + 3\nfn slope(x) = 2*x\n", nil, ""),
      (
        "fn double(x) = 2*x\nfn slope(x) { 7 }\n",
        "your answer is the same whatever the inputs are", "e1.slope"
      ),
    ]
    var planted: [String: Int] = [:]
    for i in 0..<30 {
      let (script, name, check) = kinds[i * i % kinds.count]
      // Each in letters of its own, so that no two are the same to the letter.
      try place.hand("s\(i)", "# number \(i)\n" + script)
      if let name { planted[check + name, default: 0] += 1 }
    }
    try place.hand("copy", "# number 1\n" + kinds[1].0)
    planted["e1.slope" + (kinds[1].1 ?? ""), default: 0] += 1
    let out = place.file("m.jsonl")
    #expect(try place.grade("--exercise", "e1", "--out", out).status == 0)
    let report = ClassReport(try place.records(place.folder.text("m.jsonl") ?? ""))
    let found = Dictionary(
      report.misconceptions.filter { !$0.check.contains("large") }.map {
        ($0.check + $0.finding.name, $0.learners.count)
      }
    ) { first, _ in first }
    #expect(found == planted)
    #expect(report.twins.first { $0.isExact }?.learners == ["copy", "s1"])
    #expect(report.graded == 31 && report.marks.count == 31)
    let slope = try #require(report.checks.first { $0.id == "e1.slope" })
    #expect(
      slope.passed == 31
        - report.misconceptions.filter { $0.check == "e1.slope" }.reduce(0) {
          $0 + $1.learners.count
        })
    let text = try Program.run(["report", out]).output
    #expect(
      text.contains("the square is taken for its slope")
        && text.contains("Begin with what most got wrong"))
    let page = try Program.run(["report", out, "--format", "html"]).output
    #expect(
      page.hasPrefix("<!DOCTYPE html>") && !page.contains("<script") && !page.contains("http:")
        && !page.contains("https:"))
    #expect(page.contains("the square is taken for its slope"))
    let anonymous = try Program.run(["report", out, "--anonymous"]).output
    #expect(!anonymous.contains("copy") && anonymous.contains("learner-"))
  }

  @Test func aNewCourseWorks() throws {
    let folder = try Scratch()
    #expect(try Program.run(["course", "new", "c"], in: folder.path).status == 0)
    #expect(try Program.run(["course", "new", "c"], in: folder.path).status == 2)
    let check = try Program.run(["course", "check", "c", "--promote"], in: folder.path)
    #expect(check.status == 0, "\(check.output)")
    #expect(check.output.contains("5 of 5 mutants killed, 5 of 5 named"))
    #expect(check.output.contains("of its budgets the solution uses steps"))
    #expect(folder.text("c/course.json")?.contains("sha256") == true)
    // A check that is taken away leaves mistakes that nothing sees.
    let mutate = ["course", "mutate", "ex01", "c"]
    #expect(try Program.run(mutate, in: folder.path).output.contains("each seen by a check"))
    let checks = try #require(folder.text("c/exercises/ex01.check.nn"))
    let start = try #require(checks.range(of: "check slope_b")).lowerBound
    let end = try #require(checks.range(of: "hint 1")).lowerBound
    try folder.write(
      checks.replacingCharacters(in: start..<end, with: ""), to: "c/exercises/ex01.check.nn")
    try FileManager.default.removeItem(atPath: folder.path + "/c/private/ex01.hidden.nn")
    let blind = try Program.run(mutate, in: folder.path)
    #expect(blind.status == 1 && blind.output.contains("the factor `2` is missing"))
    #expect(
      try Program.run(["course", "check", "c", "--promote"], in: folder.path).output.contains(
        "are not recorded"))
  }
}
