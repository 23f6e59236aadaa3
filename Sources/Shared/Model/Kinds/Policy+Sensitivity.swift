extension PolicySpec {
  /// The highest sensitivity that a class of data demands by itself and by what it derives from; nil where the policy does not
  /// know it.
  public func sensitivity(of dataClass: String) -> Sensitivity? {
    var (next, seen): (String?, Set<String>) = (dataClass, [])
    var highest: Sensitivity?
    while let name = next, seen.insert(name).inserted, let found = dataClasses.first(where: { $0.name == name }) {
      highest = max(highest ?? .usuel, found.sensitivity)
      next = found.parent
    }
    return highest
  }
}
