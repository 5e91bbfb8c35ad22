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

  struct Attributes: Decodable, Sendable {
    let program: [String]?
    let output: String?
    let n: Int?
    let seed: UInt64?
    let p: Double?
    let dtype: String?
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
    "unary", "activations", "binary", "matmul", "reductions", "indexing",
  ]

  var family: String { String(id.prefix { $0 != "/" }) }
}
