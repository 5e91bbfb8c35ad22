import Foundation
import Interpreter
import Session
import Testing

/// Every mixture of a kind against PyTorch's results; a script beside each file of results makes it.
@Suite struct SweepTests {
  private static func data(_ file: String) throws -> Data {
    try Data(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Sweeps/\(file)"))
  }

  private struct Pick: Decodable {
    let index: String
    let shape: [Int]
    let sum: Double

    init(from decoder: any Decoder) throws {
      var row = try decoder.unkeyedContainer()
      index = try row.decode(String.self)
      shape = try row.decode([Int].self)
      sum = try row.decode(Double.self)
    }
  }

  @Test(arguments: [2, 3, 4]) func indicesPickWhatPyTorchPicks(_ rank: Int) throws {
    let rows = try JSONDecoder().decode([String: [Pick]].self, from: Self.data("indexing.json"))
    let picks = try #require(rows["\(rank)"])
    #expect(picks.count > 60)
    let session = Session()
    let start = [2, 3, 4, 5].suffix(rank).map(String.init).joined(separator: ", ")
    let size = [2, 3, 4, 5].suffix(rank).reduce(1, *)
    _ = session.run("x = reshape(arange(\(size)), \(start))") { _ in }
    for pick in picks {
      let outcome = session.run("y = x[\(pick.index)]") { _ in }
      #expect(outcome.errors.map(\.headline) == [], "x[\(pick.index)]")
      let y = try #require(GoldenTests.tensors(session.value("y")).first)
      let sum = y.values.enumerated().reduce(0) { $0 + Double($1.offset + 1) * $1.element }
      #expect(y.shape.dims == pick.shape && sum == pick.sum, "x[\(pick.index)] is \(y.shape)")
    }
  }

  /// A program, the type of its `z` in PyTorch, and names in it with the shape and numbers that they have there.
  private struct Trial: Decodable {
    let program: String
    let dtype: String
    let expected: [String: Numbers]

    init(from decoder: any Decoder) throws {
      var row = try decoder.unkeyedContainer()
      program = try row.decode(String.self)
      dtype = try row.decode(String.self)
      expected = try row.decode([String: Numbers].self)
    }
  }

  private struct Numbers: Decodable {
    let shape: [Int]
    let values: [Double]

    init(from decoder: any Decoder) throws {
      var pair = try decoder.unkeyedContainer()
      shape = try pair.decode([Int].self)
      var list = try pair.nestedUnkeyedContainer()
      var values: [Double] = []
      while !list.isAtEnd {
        if let number = try? list.decode(Double.self) {
          values.append(number)
        } else {
          values.append(Double(try list.decode(String.self)) ?? .nan)
        }
      }
      self.values = values
    }
  }

  /// Functions, layers, optimizers, schedules and draws: each option left out and given, values and gradients; those of
  /// double precision in single precision, too.
  @Test(arguments: ["float64", "float32"]) func functionsGivePyTorchsNumbers(_ dtype: String) throws
  {
    let trials = try JSONDecoder().decode([Trial].self, from: Self.data("functions.json"))
    #expect(trials.count > 300)
    for trial in trials where dtype == "float64" || !trial.program.contains("set_default_dtype") {
      let session = Session()
      if dtype == "float32" { _ = session.run("set_default_dtype(\"float32\")") { _ in } }
      let outcome = session.run(trial.program) { _ in }
      #expect(outcome.errors.map(\.headline) == [], "\(trial.program)")
      let isSingle = dtype == "float32" || trial.program.contains("float32")
      for (name, wanted) in trial.expected {
        _ = session.run("found = tensor(\(name))") { _ in }
        let found = try #require(
          GoldenTests.tensors(session.value("found")).first, "\(trial.program)")
        #expect(found.shape.dims == wanted.shape, "\(name) of \(trial.program)")
        if name == "z", dtype == "float64", !isSingle { #expect(found.dtype.name == trial.dtype) }
        let largest = wanted.values.reduce(1.0) { $1.isFinite ? max($0, abs($1)) : $0 }
        let isFar = zip(found.values, wanted.values).contains { a, b in
          !(a == b || a.isNaN && b.isNaN || abs(a - b) <= (isSingle ? 2e-5 : 1e-7) * largest)
        }
        #expect(!isFar, "\(name) of \(trial.program): \(found.values) instead of \(wanted.values)")
      }
    }
  }
}
