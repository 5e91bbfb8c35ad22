import Platform
import Foundation
import FoundationXML
import Session
import Testing

@testable import Grading

/// Grading one submission in this process, and its record in every format.
@Suite struct RecordTests {
  /// ada's ex01 passes, her ex02 ends in an error, her ex03 is refused; nothing else was handed in.
  private static let records: Result<[Record], any Error> = Result {
    let course = try Course(Own.files)
    let grader = Grader(course, exercise: nil, key: "k", version: "v") { _ in Worker() }
    let ada = Submission(
      name: "ada <\"&> =1", learner: "ada",
      files: [
        "ex01": .text((Own.text("lessons/solutions/ex01.nn") ?? "") + "\nprint(\"seen\")\n"),
        "ex02": .text("x = 1\nnope"),
        "ex03": .refused(id: "not-utf8", "ex03.nn is not UTF-8 text"),
      ])
    let rejected = Submission(
      name: "alan", learner: "alan", files: [:], rejection: "its folder cannot be read")
    var found: [Record] = []
    BigStack.run { _ in found = [ada, rejected].map { grader.record($0) } }
    return found + [grader.failed(ada, "the machine is at fault")]
  }

  @Test func everyCheckHasItsMark() throws {
    let records = try Self.records.get()
    let ada = records[0]
    #expect(records.filter { !$0.isSound }.isEmpty)
    #expect(records.map(\.status) == [.graded, .rejected, .fault])
    func verdicts(_ id: String) -> Set<CheckRecord.Verdict> {
      Set(ada.checks.filter { $0.id.hasPrefix(id + ".") }.map(\.verdict))
    }
    #expect(verdicts("ex01") == [.pass] && verdicts("ex02") == [.error])
    #expect(verdicts("ex03") == [.error] && verdicts("ex04") == [.missing])
    #expect(ada.score > 0 && ada.score < ada.max && ada.output.contains("seen"))
    #expect(ada.checks.map(\.id) == records[1].checks.map(\.id))
  }

  private func object(_ format: GradeFormat, _ record: Record) throws -> [String: Any] {
    let data = Data(format.text([record]).utf8)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// What each platform adds up is the record's score.
  @Test func formatsOfOneSubmissionAddUp() throws {
    for record in try Self.records.get() {
      for (format, points) in [
        (GradeFormat.gradescope, "score"), (.classroom50, "score"), (.prairielearn, "points"),
      ] {
        let all = try object(format, record)
        let tests = try #require(all["tests"] as? [[String: Any]])
        let sum = tests.reduce(0) { $0 + ($1[points] as? Int ?? 0) }
        #expect(tests.count == record.checks.count && sum == record.score, "\(format)")
      }
      let share = try #require(object(.prairielearn, record)["score"] as? Double)
      // Foundation reads the decimals of 7/107 one bit too low.
      #expect(abs(share - Double(record.score) / Double(record.max)) < 1e-15)
      let gradable = try object(.prairielearn, record)["gradable"] as? Bool
      #expect(gradable == (record.status == .graded))
    }
  }

  @Test func aScriptThatEndsIsAnErrorToExercism() throws {
    let records = try Self.records.get()
    let ended = try object(.exercism, records[0])
    #expect(ended["status"] as? String == "error")
    #expect((ended["message"] as? String)?.contains("line 2") == true)
    #expect((ended["tests"] as? [Any])?.isEmpty == true)
    var passed = records[0]
    passed.checks.removeAll { $0.verdict != .pass }
    #expect(try object(.exercism, passed)["status"] as? String == "pass")
  }

  @Test func tablesAreData() throws {
    let records = try Self.records.get()
    let lines = GradeFormat.csv.text(records).components(separatedBy: "\r\n").dropLast()
    #expect(lines.count == records.count + 1)
    #expect(lines[0].hasPrefix("submission,status,score,max,ex01."))
    #expect(lines[1].hasPrefix("\"ada <\"\"&> =1\",graded,\(records[0].score),"))
    var formula = records[0]
    formula.submission = "=1+1"
    #expect(GradeFormat.csv.text([formula]).contains("\r\n'=1+1,"))
    let back = try GradeFormat.jsonl.text(records).split(separator: "\n").map {
      try JSONDecoder().decode(Record.self, from: Data($0.utf8))
    }
    #expect(back == records)
  }

  @Test func junitIsXML() throws {
    let records = try Self.records.get()
    let text = GradeFormat.junit.text(records)
    let reader = Reader()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = reader
    #expect(parser.parse())
    #expect(reader.suites == records.map(\.submission))
    #expect(reader.cases == records.reduce(0) { $0 + $1.checks.count })
    #expect(reader.scores == records.map { "\($0.score)" })
  }

  private final class Reader: NSObject, XMLParserDelegate {
    var (suites, scores): ([String], [String]) = ([], [])
    var cases = 0

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      switch name {
      case "testsuite": suites.append(attributes["name"] ?? "")
      case "testcase": cases += 1
      case "property" where attributes["name"] == "score": scores.append(attributes["value"] ?? "")
      default: break
      }
    }
  }

  /// Each factor is asked for; a number, arithmetic over the inputs or a sign will do.
  @Test func factorsArePredicted() throws {
    let course = try Course(Own.files)
    for exercise in course.exercises {
      for prediction in try Prediction.all(of: exercise, seed: 3) {
        let product = try #require(prediction.questions.last)
        let factors = prediction.questions.dropLast().map(\.value)
        #expect(abs(factors.reduce(1, *) - product.value) < 1e-9 * max(1, abs(product.value)))
        for question in prediction.questions {
          // Arithmetic over what is given is a number, words are none.
          #expect(prediction.number("\(question.value)") == question.value)
          #expect(prediction.number("what") == nil)
        }
        for question in factors.indices.map({ prediction.questions[$0] }) {
          let told = try #require(prediction.number(question.formula))
          #expect(abs(told - question.value) < 1e-12 * max(1, abs(told)))
        }
      }
    }
    let third = try #require(course.exercise("ex03"))
    let asked = try Prediction.all(of: third, seed: 3)
    #expect(!asked.isEmpty)
  }

  /// Times as platforms write them.
  @Test(arguments: [
    ("2026-11-30T23:59:00Z", 1_796_083_140.0), ("2026-11-30 23:59:00", 1_796_083_140),
    ("2026-11-30T23:59", 1_796_083_140), ("2026-12-01T00:59:00+01:00", 1_796_083_140),
    ("2026-11-30T23:59:00.500000-00:00", 1_796_083_140.5), ("2026-11-30", 1_795_996_800),
    ("2026-11-30T25:00:00Z", nil), ("2026-11-30T23:60", nil), ("2026-02-29", nil),
    ("2028-02-29T24:00:00Z", nil), ("yesterday", nil), ("", nil),
  ])
  func timesOfHandIns(_ text: String, _ seconds: Double?) {
    #expect(HandIn.seconds(text) == seconds)
  }

  /// Every kind of finding stands in the schemas of what is written for other programs.
  @Test(arguments: ["check", "record"]) func kindsStandInTheSchemas(_ name: String) throws {
    let text = try #require(Own.text("Tests/Schemas/\(name).schema.json"))
    for kind in Finding.Kind.allCases { #expect(text.contains("\"\(kind.rawValue)\""), "\(kind)") }
  }
}
