extension ZoneSpec {
  /// Checks names, slug and repository.
  public func validate(_ check: inout Validation) {
    check.at("region", region, .dnsLabel)
    check.at("slug", slug, .slug)
    check.at("chain", chain, .dnsLabel)
    check.at("git") { check in
      guard let git else { return }
      check.at("url", git.url, .gitURL)
      check.at("branch", git.branch, .branch)
      check.at("path", git.path, .folder)
    }
  }
}
