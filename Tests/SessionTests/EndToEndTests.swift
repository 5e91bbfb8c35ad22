import Autograd
import Foundation
import Interpreter
import Training
import Session
import Tensors
import Testing

/// A whole program, epoch by epoch beside PyTorch's: a classifier of linear, batch norm, relu and dropout layers.
@Suite struct EndToEndTests {
  struct Reference: Decodable {
    struct Configuration: Decodable {
      let input_dim: Int
      let hidden_dims: [Int]
      let output_dim: Int
      let dropout: Double
      let lr: Double
      let weight_decay: Double
      let beta1: Double
      let beta2: Double
      let eps: Double
      let epochs: Int
      let batch_size: Int
      let samples: Int
      let bn_momentum: Double
      let bn_eps: Double
    }
    struct FirstBatch: Decodable {
      let logits: Golden.Named
      let grad_norms: [String: Double]
    }
    struct Epoch: Decodable {
      let train_loss: Double
      let train_accuracy: Double
      let eval_loss: Double
      let eval_accuracy: Double
    }
    struct Final: Decodable {
      let name: String
      let norm: Double
      let sum: Double
      let first: [Double]
    }
    let weights_file: String
    let config: Configuration
    let first_batch: FirstBatch
    let first_epoch_batch_losses: [Double]
    let epochs: [Epoch]
    let final: [Final]
  }

  static let folder = Golden.home(of: "e2e_mlp.json", "EndToEnd")

  static let reference = Result {
    try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: folder.appendingPathComponent("e2e_mlp.json")))
  }

  /// The model, untrained and with weights of its own.
  static func program(_ config: Reference.Configuration) -> String {
    """
    widths = list(\((config.hidden_dims).map(String.init).joined(separator: ", ")))
    stages = list()
    inputs = \(config.input_dim)
    for units in widths {
        append(stages, linear(inputs, units))
        append(stages, batchnorm1d(units, eps=\(config.bn_eps), momentum=\(config.bn_momentum)))
        append(stages, relu)
        append(stages, dropout(\(config.dropout)))
        inputs = units
    }
    append(stages, linear(inputs, \(config.output_dim)))
    model = sequential(stages)
    """
  }

  static func epoch(_ config: Reference.Configuration) -> String {
    """
    model.train(); batch_losses = list(); hits = 0
    for xb, yb in batches(train, batch_size=\(config.batch_size)) {
        out = model(xb)
        loss = cross_entropy(out, yb)
        opt.zero_grad(); loss.backward(); opt.step()
        append(batch_losses, loss.item())
        hits = hits + sum(argmax(out, dim=1) == yb)
    }
    train_loss = mean(tensor(batch_losses)); train_accuracy = hits/\(config.samples)
    model.eval()
    no_grad { out = model(x); eval_loss = cross_entropy(out, y); eval_accuracy = mean(argmax(out, dim=1) == y) }
    """
  }

  /// The stored data become `x` and `y`; the stored weights go into the model.
  static func load(_ tensors: [(String, Tensor)], _ model: LayerObject, _ session: Session) throws {
    for (name, tensor) in tensors {
      if name.hasPrefix("data.") {
        let dtype: DType = name == "data.x" ? .float64 : .int64
        session.define(
          String(name.dropFirst(5)), try tensor.converted(to: dtype), isParameter: false)
        continue
      }
      let key = String(name.dropFirst("init.network.".count))
      let node = try #require(model.state.first { $0.name == key }?.node, "\(key)")
      try session.machine.graph.store(
        tensor.converted(to: node.dtype).reshaped(to: node.shape), into: node)
    }
  }

  /// A session with the model, the stored weights and data, and an optimizer.
  static func prepared(_ reference: Reference) throws -> (Session, LayerObject) {
    let config = reference.config
    let session = Session()
    try GoldenTests.run(session, program(config))
    guard case .layer(let model)? = session.value("model") else {
      throw Golden.Unreadable(text: "no model")
    }
    let file = try Data(contentsOf: folder.appendingPathComponent(reference.weights_file))
    try load(Safetensors.decoded([UInt8](file)), model, session)
    try GoldenTests.run(
      session,
      """
      train = dataset(x, y)
      opt = adam(model, lr=\(config.lr), weight_decay=\(config.weight_decay),
          betas=[\(config.beta1), \(config.beta2)], eps=\(config.eps))
      """)
    return (session, model)
  }

  static func matches(_ got: Double, _ want: Double) -> Bool {
    abs(got - want) <= 1e-11 + 1e-6 * abs(want)
  }

  static func norm(_ tensor: Tensor) -> Double {
    tensor.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func theFirstBatchHasTheReferenceLogitsAndGradients() throws {
    let reference = try Self.reference.get()
    let (session, model) = try Self.prepared(reference)
    let size = reference.config.batch_size
    try GoldenTests.run(
      session, "out = model(x[:\(size)]); cross_entropy(out, y[:\(size)]).backward()")
    let want = reference.first_batch.logits
    let logits = try #require(GoldenTests.tensors(session.value("out")).first)
    #expect(logits.shape.dims == want.shape)
    for (a, b) in zip(logits.values, want.data) { #expect(Self.matches(a, b)) }
    for (name, norm) in reference.first_batch.grad_norms {
      let key = name.replacingOccurrences(of: "network.", with: "")
      let gradient = try #require(model.state.first { $0.name == key }?.node.gradient, "\(name)")
      #expect(Self.matches(Self.norm(gradient), norm), "\(name)")
    }
  }

  @Test func everyEpochAgreesToAMillionth() throws {
    let reference = try Self.reference.get()
    let (session, model) = try Self.prepared(reference)
    let epoch = Self.epoch(reference.config)
    func number(_ name: String) throws -> Double {
      try #require(GoldenTests.tensors(session.value(name)).first?.item)
    }
    for (i, want) in reference.epochs.enumerated() {
      try GoldenTests.run(session, epoch)
      if i == 0 {
        let got = GoldenTests.tensors(session.value("batch_losses")).map { $0[0] }
        #expect(got.count == reference.first_epoch_batch_losses.count)
        for (a, b) in zip(got, reference.first_epoch_batch_losses) {
          #expect(abs(a - b) <= 1e-9 * b)
        }
      }
      #expect(Self.matches(try number("train_loss"), want.train_loss), "epoch \(i)")
      #expect(Self.matches(try number("eval_loss"), want.eval_loss), "epoch \(i)")
      #expect(try number("train_accuracy") == want.train_accuracy, "epoch \(i)")
      #expect(try number("eval_accuracy") == want.eval_accuracy, "epoch \(i)")
    }
    #expect(reference.epochs.count == reference.config.epochs)
    #expect(reference.final.count == model.state.count)
    for want in reference.final {
      let key = want.name.replacingOccurrences(of: "network.", with: "")
      let value = try #require(model.state.first { $0.name == key }?.node.value, "\(want.name)")
      #expect(Self.matches(Self.norm(value), want.norm), "\(want.name)")
      // The terms of a sum may cancel.
      let slack = 1e-6 * Self.norm(value) * Double(value.count).squareRoot()
      #expect(abs(value.values.reduce(0, +) - want.sum) <= slack, "\(want.name)")
      for (a, b) in zip(value.values, want.first) { #expect(Self.matches(a, b), "\(want.name)") }
    }
  }
}
