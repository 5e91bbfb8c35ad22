import Foundation
import Glibc
import Grading
import Testing

/// A generated class: right, wrong in known ways, endless, greedy, garbage, hostile names.
private struct GeneratedClass {
  private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 33)
    }
  }

  private static let right = "fn double(x) = 2*x\nfn slope(x) = 2*x\n"
  /// Scripts, with the points that they must get.
  private static let kinds: [(script: String, points: Int)] =
    [
      ("", 6), ("", 6), ("", 6), ("", 6), ("fn double(x) = x", 3), ("fn slope(x) = x", 2),
      ("fn slope(x) = -2*x", 2), ("fn slope(x) { while true { } }", 2),
      ("fn double(x) = double(x) + 1", 3), ("repeat 5000 { print(\"PASS 6/6\") }", 6),
      ("xs = list()\nwhile true { append(xs, ones(100000)) }", 0), ("x = ", 0),
      ("fn double(x) { print(x); 2*x }", 6),
    ].map { (right + $0.0 + "\n", $0.1) }

  let folder: Scratch
  private(set) var points: [String: Int] = [:]
  private(set) var rejected: Set<String> = []

  /// - Parameter course: gets a course of two public checks and a hidden one, with small budgets.
  init(_ count: Int, seed: UInt64) throws {
    folder = try Scratch()
    try folder.write(
      #"{"name":"small","title":"Small","exercises":[{"id":"e1","points":3}],"budgets":{"steps":20000,"depth":200,"megabytes":64,"outputBytes":200,"sourceBytes":5000,"seconds":20},"tolerances":{"rtol":1e-6,"atol":1e-12},"sha256":{}}"#,
      to: "course/course.json")
    try folder.write("todo(\"all\")", to: "course/exercises/e1.nn")
    try folder.write(
      "exercise e1 \"Small\" points 3\ncheck double points 1 cases 8 { draw x in [-2, 2]; call double(x); expect 2*x }\ncheck slope points 2 cases 8 { draw x in [-2, 2]; call slope(x); expect 2*x }\n",
      to: "course/exercises/e1.check.nn")
    try folder.write(
      "exercise e1\ncheck large points 3 cases 8 { draw x in [100, 200]; call [double(x), slope(x)]; expect [2*x, 2*x] }\n",
      to: "course/private/e1.hidden.nn")
    // Records the checksums; what it says of so small a course does not matter here.
    _ = try Program.run(["course", "check", folder.path + "/course", "--promote"])
    var dice = Dice(state: seed)
    for i in 0..<count {
      let name = "s\(i)"
      switch Int.random(in: 0..<20, using: &dice) {
      case 0:
        try FileManager.default.createSymbolicLink(
          atPath: folder.path + "/in/" + name, withDestinationPath: "/etc")
        rejected.insert(name)
      case 1:
        let hostile = ["-\(i)", "a\nb\(i)", "x;rm \(i)", "$(x)\(i)", "\u{202e}\(i)"]
        let name = hostile.randomElement(using: &dice) ?? "-\(i)"
        try folder.write(Self.right, to: "in/\(name)/e1.nn")
        rejected.insert(Submission.harmless(Array(name.utf8)))
      case 2:
        for twin in ["t\(i)", "T\(i)"] {
          try folder.write(Self.right, to: "in/\(twin)/e1.nn")
          rejected.insert(twin)
        }
      case 3:
        let bytes = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &dice) }
        try folder.write(Data(bytes), to: "in/\(name)/e1.nn")
        points[name] = 0
      case 4:
        try folder.write("", to: "in/\(name)/another.nn")
        points[name] = 0
      default:
        // The first write makes the folder `in`, so links come after it.
        let kind = Self.kinds[i % Self.kinds.count]
        try folder.write(kind.script, to: "in/\(name)/e1.nn")
        points[name] = kind.points
      }
    }
  }

  func arguments(_ out: String, _ more: [String] = []) -> [String] {
    [
      "grade", folder.path + "/in", "--course", folder.path + "/course", "--seed", "k", "--jobs",
      "2",
      "--out", folder.path + "/" + out,
    ] + more
  }

  /// The records in a file, without their times, as they stand there.
  func records(_ name: String) throws -> [Record] {
    try (folder.text(name) ?? "").split(separator: "\n").map {
      try JSONDecoder().decode(Record.self, from: Data($0.utf8)).withoutTime
    }
  }
}

@Suite struct ClassTests {
  @Test func aClassOfThreeHundredIsGradedWithoutALostRecord() throws {
    let group = try GeneratedClass(300, seed: 5)
    let (status, _) = try Program.run(group.arguments("whole.jsonl"))
    #expect(status == 0)
    let whole = try group.records("whole.jsonl")
    #expect(Set(whole.map(\.submission)) == Set(group.points.keys).union(group.rejected))
    #expect(whole.count == group.points.count + group.rejected.count)
    for record in whole {
      #expect(record.checks.count == 3)
      let points = group.points[record.submission]
      #expect(record.status == (points == nil ? .rejected : .graded), "\(record.submission)")
      // A script that doubles wrongly gets no hidden points either.
      #expect(record.score <= points ?? 0, "\(record.submission): \(record)")
      if points == 6 || points == 0 { #expect(record.score == points, "\(record)") }
    }

    // Killed somewhere in the middle, and gone on with.
    let (process, _) = try Program.start(group.arguments("torn.jsonl"))
    while process.isRunning, (group.folder.text("torn.jsonl") ?? "").utf8.count < 60_000 {
      usleep(2_000)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let torn = try String(contentsOfFile: group.folder.path + "/torn.jsonl", encoding: .utf8)
    let kept = torn.split(separator: "\n").count
    #expect(kept > 20 && kept < whole.count)
    // As if the last line had been cut off by the kill.
    try group.folder.write(torn + "{\"schema\":\"nnrepl/rec", to: "torn.jsonl")
    #expect(try Program.run(group.arguments("torn.jsonl")).status == 2)
    #expect(try Program.run(group.arguments("torn.jsonl", ["--resume"])).status == 0)
    #expect(try group.records("torn.jsonl") == whole)

    // Two shards joined are the whole; grading again changes nothing.
    let lines = (group.folder.text("whole.jsonl") ?? "").split(separator: "\n")
    try group.folder.write(lines[..<100].joined(separator: "\n") + "\n", to: "a.jsonl")
    try group.folder.write(lines[90...].joined(separator: "\n") + "\n", to: "b.jsonl")
    let merged = try Program.run(
      ["merge", group.folder.path + "/b.jsonl", group.folder.path + "/a.jsonl"])
    #expect(merged.output.split(separator: "\n").sorted() == lines.sorted())
  }

  /// Killed helpers and stopped ones are our fault, and nobody's marks.
  @Test func aKilledHelperCostsNobodyMarks() throws {
    let group = try GeneratedClass(40, seed: 21)
    let (process, _) = try Program.start(group.arguments("hurt.jsonl"))
    var killed = 0
    while process.isRunning, killed < 12 {
      usleep(40_000)
      // A child of a child: the warm process that forks workers, or a worker.
      let deepest = ClassTests.descendants(of: process.processIdentifier).last
      if let deepest, kill(deepest, SIGKILL) == 0 { killed += 1 }
    }
    process.waitUntilExit()
    #expect(killed > 0)
    for record in try group.records("hurt.jsonl") {
      let points = group.points[record.submission] ?? 0
      // What could not be finished is a fault of ours; what has marks has all that were shown.
      if record.status == .graded, points == 6 { #expect(record.score == 6, "\(record)") }
    }
    #expect(try Program.run(group.arguments("hurt.jsonl", ["--resume"])).status == 0)
    for record in try group.records("hurt.jsonl") where record.status == .graded {
      let points = group.points[record.submission] ?? 0
      if points == 6 { #expect(record.score == 6, "\(record)") }
    }
  }

  private static func descendants(of id: Int32) -> [Int32] {
    // Listed by the thread that started them.
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
    let children = tasks.flatMap { task in
      ((try? String(contentsOfFile: "/proc/\(id)/task/\(task)/children", encoding: .utf8)) ?? "")
        .split(separator: " ").compactMap { Int32($0) }
    }
    return children + children.flatMap { descendants(of: $0) }
  }

  /// A line that was cut in the middle of a character is no reason to start over, or to overwrite anything.
  @Test func aTornLineIsDroppedAndNothingElse() throws {
    let group = try GeneratedClass(12, seed: 3)
    _ = try Program.run(group.arguments("o.jsonl"))
    let whole = try #require(group.folder.text("o.jsonl"))
    try group.folder.write(Data(whole.utf8) + Data("{\"m\":\"".utf8) + Data([0xcf]), to: "o.jsonl")
    #expect(try Program.run(group.arguments("o.jsonl")).status == 2)
    #expect(try Program.run(group.arguments("o.jsonl", ["--resume"])).status == 0)
    #expect(group.folder.text("o.jsonl") == whole)
    // Records of somebody who is not in this run stay.
    let one = try #require(group.points.keys.sorted().first)
    try FileManager.default.removeItem(atPath: group.folder.path + "/in/" + one)
    #expect(try Program.run(group.arguments("o.jsonl", ["--resume"])).status == 0)
    #expect(group.folder.text("o.jsonl") == whole)
    // Marks that were edited are no record.
    try group.folder.write(
      whole.replacingOccurrences(of: "\"score\":6", with: "\"score\":60"), to: "e.jsonl")
    #expect(try Program.run(["merge", group.folder.path + "/e.jsonl"]).status == 2)
    #expect(try Program.run(group.arguments("/../../dev/full")).status != 0)
  }

  @Test func regradingTellsWhoseMarksChanged() throws {
    let group = try GeneratedClass(30, seed: 9)
    _ = try Program.run(group.arguments("old.jsonl"))
    let old = try group.records("old.jsonl")
    let name = try #require(old.first { $0.score == $0.max }?.submission)
    try group.folder.write("fn double(x) = 2*x\nfn slope(x) = x\n", to: "in/\(name)/e1.nn")
    let (status, output) = try Program.run([
      "regrade", group.folder.path + "/old.jsonl", group.folder.path + "/in", "--course",
      group.folder.path + "/course", "--seed", "k",
    ])
    #expect(status == 0)
    #expect(output.contains("\(name): 6 → 1   e1.slope 2 → 0, e1.large 3 → 0\n"))
    #expect(output.hasSuffix("1 of \(old.count) changed\n"))
  }
}
