import Foundation
import Tensors

/// A set of reference numbers from PyTorch, as stored.
struct GoldenFile: Decodable {
  let family: String
  let cases: [Golden]
}

struct Golden: Decodable, Sendable, CustomStringConvertible {
  struct Named: Decodable, Sendable {
    let name: String
    let dtype: String
    let shape: [Int]
    let data: [Double]

    enum Key: CodingKey { case name, dtype, shape, data }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: Key.self)
      name = try fields.decode(String.self, forKey: .name)
      dtype = try fields.decode(String.self, forKey: .dtype)
      shape = try fields.decode([Int].self, forKey: .shape)
      data = try fields.decode([Double].self, forKey: .data)
    }

    var tensor: Tensor {
      get throws {
        let kind: DType = dtype == "bool" ? .bool : dtype == "i64" ? .int64 : .float64
        return try Tensor(data, shape: Shape(shape), dtype: kind)
      }
    }
  }

  struct Node: Decodable, Sendable {
    let name: String
    let value: Double
    let grad: Double?
  }

  /// An attribute's value: a flag, a number, a word or a list of these.
  enum Setting: Decodable, Sendable {
    case flag(Bool), number(Double), word(String), numbers([Double]), words([String])

    init(from decoder: any Decoder) throws {
      let box = try decoder.singleValueContainer()
      if let on = try? box.decode(Bool.self) {
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
    var output: String? { word("output") }
    var seed: UInt64? { number("seed").map { UInt64($0) } }
    var dtype: String? { word("dtype") }
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

  /// Every file of the fixture folder, or of the folder that `NNREPL_GOLDENS` names.
  static let all: [Golden] = {
    let environment = ProcessInfo.processInfo.environment["NNREPL_GOLDENS"]
    let folder =
      environment.map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "Goldens")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let files =
      (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil))
      ?? []
    return files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
      .flatMap { file -> [Golden] in
        guard let data = try? Data(contentsOf: file),
          let set = try? decoder.decode(GoldenFile.self, from: data)
        else { return [] }
        return set.cases
      }
  }()

  /// Families whose expressions the language can say so far.
  static let families: Set<String> = [
    "unary", "activations", "binary", "matmul", "reductions", "indexing", "losses", "layers",
    "conv_pool",
  ]
  /// Operations of other families that are one expression too.
  static let operations: Set<String> = ["sdpa", "rnn_cell", "lstm_cell", "gru_cell"]

  var family: String { String(id.prefix { $0 != "/" }) }
}
