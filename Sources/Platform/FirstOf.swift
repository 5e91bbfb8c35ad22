// A dictionary of pairs of which some may have the same key.

extension Dictionary {
  /// Of pairs with the same key the first counts.
  package init(firstOf pairs: [(Key, Value)]) {
    self.init(minimumCapacity: pairs.count)
    for (key, value) in pairs where self[key] == nil { self[key] = value }
  }
}
