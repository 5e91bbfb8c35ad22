import Foundation
import Networks
import Runtime
import Tensors
import Testing

/// The tutorial's whole program, epoch by epoch beside PyTorch's.
@Suite struct EndToEndTests {
  struct Reference: Decodable {
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
    }
    let first_epoch_batch_losses: [Double]
    let epochs: [Epoch]
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("EndToEnd")

  @Test func fiftyEpochsAgreeToAMillionth() throws {
    let reference = try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: Self.folder.appendingPathComponent("e2e_mlp.json")))
    let file = try Data(contentsOf: Self.folder.appendingPathComponent("e2e_mlp.safetensors"))
    let session = Session()
    try GoldenTests.run(
      session,
      """
      fn block(inputs, units) = list(linear(inputs, units), batchnorm1d(units), relu, dropout(0))
      stages = list()
      for sizes in list([20, 128], [128, 64], [64, 32]) {
          for stage in block(sizes[0], sizes[1]) { append(stages, stage) }
      }
      append(stages, linear(32, 3))
      model = sequential(stages)
      """)
    guard case .layer(let model)? = session.value("model") else {
      Issue.record("no model")
      return
    }
    let graph = session.machine.graph
    for (name, tensor) in try Safetensors.decoded([UInt8](file)) {
      if name.hasPrefix("data.") {
        let dtype: DType = name == "data.x" ? .float64 : .int64
        session.define(
          String(name.dropFirst(5)), try tensor.converted(to: dtype), isParameter: false)
        continue
      }
      let key = String(name.dropFirst("init.network.".count))
      let node = try #require(model.state.first { $0.name == key }?.node, "\(key)")
      try graph.store(
        tensor.converted(to: node.dtype).reshaped(to: node.shape), into: node)
    }
    try GoldenTests.run(
      session, "train = dataset(x, y); opt = adam(model, lr=1e-3, weight_decay=1e-4)")
    let epoch = """
      model.train(); batch_losses = list(); hits = 0
      for xb, yb in batches(train, batch_size=32) {
          out = model(xb)
          loss = cross_entropy(out, yb)
          opt.zero_grad(); loss.backward(); opt.step()
          append(batch_losses, loss.item())
          hits = hits + sum(argmax(out, dim=1) == yb)
      }
      train_loss = mean(tensor(batch_losses)); train_accuracy = hits/256
      model.eval()
      no_grad { out = model(x); eval_loss = cross_entropy(out, y); eval_accuracy = mean(argmax(out, dim=1) == y) }
      """
    func number(_ name: String) throws -> Double {
      try #require(GoldenTests.tensors(session.value(name)).first?.item)
    }
    for (i, want) in reference.epochs.enumerated() {
      try GoldenTests.run(session, epoch)
      if i == 0 {
        let got = GoldenTests.tensors(session.value("batch_losses")).map { $0[0] }
        for (a, b) in zip(got, reference.first_epoch_batch_losses) {
          #expect(abs(a - b) <= 1e-9 * b)
        }
      }
      #expect(
        abs(try number("train_loss") - want.train_loss) <= 1e-6 * want.train_loss, "epoch \(i)")
      #expect(abs(try number("eval_loss") - want.eval_loss) <= 1e-6 * want.eval_loss, "epoch \(i)")
      #expect(try number("train_accuracy") == want.train_accuracy, "epoch \(i)")
      #expect(try number("eval_accuracy") == want.eval_accuracy, "epoch \(i)")
    }
    #expect(reference.epochs.count == 50)
  }
}
