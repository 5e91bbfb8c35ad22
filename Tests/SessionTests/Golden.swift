import Foundation
import Tensors

/// A set of reference numbers from PyTorch, as stored.
struct GoldenFile: Decodable {
  let cases: [Golden]
}

struct Golden: Decodable, Sendable, CustomStringConvertible {
  struct Named: Decodable, Sendable {
    let name: String
    let dtype: String
    let shape: [Int]
    let data: [Double]

    static let dtypes: [String: DType] = ["f64": .float64, "i64": .int64, "bool": .bool]

    var kind: DType {
      get throws {
        guard let kind = Self.dtypes[dtype] else { throw Unreadable(text: "dtype \(dtype)") }
        return kind
      }
    }

    var tensor: Tensor {
      get throws { try Tensor(data, shape: Shape(shape), dtype: kind) }
    }
  }

  /// One operation of a program; an argument is a name or a literal.
  struct Node: Decodable, Sendable {
    let name: String
    let op: String
    let args: [String]
    let value: Double
    let grad: Double?
  }

  /// An attribute's value: nothing, a flag, a number, a word or a list of these.
  enum Setting: Decodable, Sendable {
    case none, flag(Bool), number(Double), word(String), numbers([Double]), words([String])

    init(from decoder: any Decoder) throws {
      let box = try decoder.singleValueContainer()
      if box.decodeNil() {
        self = .none
      } else if let on = try? box.decode(Bool.self) {
        self = .flag(on)
      } else if let n = try? box.decode(Double.self) {
        self = .number(n)
      } else if let list = try? box.decode([Double].self) {
        self = .numbers(list)
      } else if let list = try? box.decode([String].self) {
        self = .words(list)
      } else {
        self = .word(try box.decode(String.self))
      }
    }

    /// As nn writes it.
    var text: String {
      switch self {
      case .none: "none"
      case .flag(let on): "\(on)"
      case .number(let n): "\(n)"
      case .word(let word): "\"\(word)\""
      case .numbers(let list): "\(list)"
      case .words(let list): "\(list)"
      }
    }
  }

  struct Attributes: Decodable, Sendable {
    let all: [String: Setting]
    init(from decoder: any Decoder) throws {
      all = try decoder.singleValueContainer().decode([String: Setting].self)
    }

    func number(_ name: String) -> Double? {
      if case .number(let n)? = all[name] { n } else { nil }
    }
    func word(_ name: String) -> String? { if case .word(let w)? = all[name] { w } else { nil } }
    var program: [String]? { if case .words(let lines)? = all["program"] { lines } else { nil } }
    var seed: UInt64? { number("seed").map { UInt64($0) } }

    /// `name=value` for each attribute but these, as nn takes settings.
    func settings(without names: String...) -> [String] {
      all.filter { !names.contains($0.key) }.map { "\($0.key)=\($0.value.text)" }.sorted()
    }
  }

  /// One step of a sequence: a batch through batch norm, an update.
  struct Step: Decodable, Sendable {
    let mode: String?
    let inputs: [Named]?
    let outputs: [Named]?
    let cotangents: [Named]?
    let grads: [Named]?
    let params: [Named]?
    let buffers: [Named]?
    let values: [Named]?
  }

  let id: String
  let op: String
  let torch: String
  let tags: [String]
  let attrs: Attributes
  let inputs: [Named]
  let params: [Named]
  let outputs: [Named]
  let cotangents: [Named]
  let grads: [Named]
  let nograd: [String]?
  let error: String?
  let rtol: Double?
  let nodes: [Node]?
  let buffers: [Named]?
  let steps: [Step]?

  var description: String { id }

  func matches(_ got: Double, _ want: Double) -> Bool {
    if want.isNaN { return got.isNaN }
    if want.isInfinite { return got == want }
    return abs(got - want) <= 1e-11 + (rtol ?? 1e-9) * abs(want)
  }

  struct Unreadable: Error { let text: String }

  /// The folder that `NNREPL_GOLDENS` names.
  static let elsewhere = ProcessInfo.processInfo.environment["NNREPL_GOLDENS"].map {
    URL(fileURLWithPath: $0)
  }

  static let folder = elsewhere ?? own("Goldens")

  private static func own(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(name)
  }

  /// Where a file of a schema of its own lies: in the named folder if that has one, else in ours.
  static func home(of file: String, _ name: String) -> URL {
    guard let elsewhere,
      FileManager.default.fileExists(atPath: elsewhere.appendingPathComponent(file).path)
    else { return own(name) }
    return elsewhere
  }

  /// Schemas that other tests read.
  private static let foreign: Set<String> = [
    "nnrepl-e2e/1", "nnrepl-hessian/1", "nnrepl-promotion/1",
  ]

  /// Every case of the folder, and what stands in it that cannot be read.
  private static let read: (cases: [Golden], faults: [String]) = {
    struct Head: Decodable { let schema: String }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    var cases: [Golden] = []
    var faults: [String] = []
    do {
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      where name.hasSuffix(".json") {
        do {
          let data = try Data(contentsOf: folder.appendingPathComponent(name))
          let schema = try decoder.decode(Head.self, from: data).schema
          if foreign.contains(schema) { continue }
          guard schema == "nnrepl-golden/1" else { throw Unreadable(text: "schema \(schema)") }
          cases += try decoder.decode(GoldenFile.self, from: data).cases
        } catch { faults.append("\(name): \(error)") }
      }
    } catch { faults.append("\(folder.path): \(error)") }
    return (cases, faults)
  }()

  static var all: [Golden] { read.cases }
  static var faults: [String] { read.faults }

  /// How a case is run.
  enum Kind {
    case expression, program, engine, random
    case batchNorm, optimizer, schedule, clipping, startValue, recurrent, attention
  }

  static func cases(_ kind: Kind) -> [Golden] { all.filter { $0.kind == kind } }

  /// Operations that are one expression although the rest of their family is not.
  private static let cells: Set<String> = ["sdpa", "rnn_cell", "lstm_cell", "gru_cell"]

  /// Nil if nothing here can run the case.
  var kind: Kind? {
    switch id.prefix(while: { $0 != "/" }) {
    case "unary", "activations", "binary", "matmul", "reductions", "indexing", "losses", "layers",
      "conv_pool":
      .expression
    case "scalar_engine": op == "program" ? .program : .engine
    case "rng": .random
    case "batchnorm": .batchNorm
    case "optimizers": .optimizer
    case "schedulers": .schedule
    case "clip": .clipping
    case "init": .startValue
    case "recurrent": Self.cells.contains(op) ? .expression : .recurrent
    case "attention": Self.cells.contains(op) ? .expression : .attention
    default: nil
    }
  }
}
