extension FlowWish {
  /// The same flow once an environment of a project has another name: from it, or towards it. Nil where neither end is there.
  public func moving(_ environment: String, of project: String, to next: String) -> FlowWish? {
    var moved = self
    if self.project == project, self.environment == environment { moved.environment = next }
    if let peer, peer == (project, environment) { moved.system = "\(project)/\(next)" }
    return moved == self ? nil : moved
  }
}
