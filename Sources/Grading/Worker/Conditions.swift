// What all checks of a course are judged under.
import Platform
import Tensors

/// What a run of a script may use, and how far an answer may be off.
package struct Conditions: Sendable {
  package var budgets = Budgets()
  package var tolerances = Tolerances()

  package init(budgets: Budgets = Budgets(), tolerances: Tolerances = Tolerances()) {
    (self.budgets, self.tolerances) = (budgets, tolerances)
  }

  /// As a page carries them.
  package var line: String {
    let b = budgets
    let whole = [b.steps, b.depth, b.megabytes, b.outputBytes, b.sourceBytes]
    return ([tolerances.rtol, tolerances.atol].map { "\($0)" } + whole.map { "\($0)" })
      .joined(separator: " ")
  }

  /// - Parameter line: as `line` gives it; what is missing stays as it is without a course's word.
  package init(line: String) {
    let words = line.split(separator: " ")
    func number(_ place: Int, _ value: inout Double) {
      if place < words.count, let read = Double(words[place]) { value = read }
    }
    func whole(_ place: Int, _ value: inout Int) {
      // What a course allows may be more than a page can count.
      if place < words.count, let read = Int64(words[place]) { value = Int(clamping: read) }
    }
    number(0, &tolerances.rtol)
    number(1, &tolerances.atol)
    whole(2, &budgets.steps)
    whole(3, &budgets.depth)
    whole(4, &budgets.megabytes)
    whole(5, &budgets.outputBytes)
    whole(6, &budgets.sourceBytes)
  }
}

/// How far an answer may be off, relative and absolute, as `~=` has them.
package struct Tolerances: Coded, Equatable, Sendable {
  package var rtol = 1e-6
  package var atol = 1e-12
  package init() {}
}

/// What a run of a learner's script may use. The same on every machine.
package struct Budgets: Coded, Equatable, Sendable {
  /// Turns of loops and calls, for the script and for each call.
  package var steps = 2_000_000
  package var depth = 2_000
  package var megabytes = 512
  /// Bytes of printed text that are kept.
  package var outputBytes = 4_096
  package var sourceBytes = 200_000
  /// Processor time after which a check's process is ended, should the other budgets not do it, in seconds. No
  /// mark rests on it: machines differ.
  package var seconds = 60.0
  package init() {}

  /// Tensors that would not fit are refused from now on, whoever makes them.
  package func limitThisProcess() { MemoryBudget.limit = megabytes << 20 }
}

#if !hasFeature(Embedded)
  extension Tolerances {
    private enum CodingKeys: CodingKey { case rtol, atol }

    /// Each key may be left out.
    package init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      rtol = try values.decodeIfPresent(Double.self, forKey: .rtol) ?? rtol
      atol = try values.decodeIfPresent(Double.self, forKey: .atol) ?? atol
    }
  }

  extension Budgets {
    private enum CodingKeys: CodingKey {
      case steps, depth, megabytes, outputBytes, sourceBytes, seconds
    }

    /// Each key may be left out.
    package init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      func read<T: Decodable>(_ key: CodingKeys, _ value: inout T) throws {
        value = try values.decodeIfPresent(T.self, forKey: key) ?? value
      }
      try read(.steps, &steps)
      try read(.depth, &depth)
      try read(.megabytes, &megabytes)
      try read(.outputBytes, &outputBytes)
      try read(.sourceBytes, &sourceBytes)
      try read(.seconds, &seconds)
    }
  }
#endif
