// Names of a narration as places in its graph and lines of the notebook.
import Autograd
import Diagnostics
import Explain

/// Where the values of a narration stand in its graph.
package struct GraphPlaces {
  private var places: [String: Int] = [:]
  private let graph: StepGraph?

  package init(_ graph: StepGraph?) {
    self.graph = graph
    for (i, vertex) in (graph?.vertices ?? []).enumerated() { places[vertex.name] = i }
  }

  package func place(_ name: String) -> Int? { places[name] }

  /// What made a value, over names.
  func formula(_ name: String) -> Formula? {
    places[name].flatMap { graph?.vertices[$0].formula }
  }

  /// The line of the notebook on which a value was computed.
  func line(_ name: String, _ lit: SourceText?) -> Int? {
    guard let place = places[name], let site = graph?.vertices[place].site,
      let own = lit, own.id == site.source
    else { return nil }
    return own.line(at: site.start)
  }
}
