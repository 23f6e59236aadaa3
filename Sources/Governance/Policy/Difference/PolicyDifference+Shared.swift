extension PolicyDifference {
  /// What is there, or says something else, and does so in another difference too: of the same two versions one is compared with.
  public func kept(of other: PolicyDifference) -> [Entry] {
    entries.filter { entry in
      entry.change != .removed && other.entries.contains { $0.part == entry.part && $0.name == entry.name }
    }
  }
}
