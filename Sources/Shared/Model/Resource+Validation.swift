extension Resource {
  /// What is wrong with the resource by itself, errors and warnings.
  public var problems: [FieldProblem] {
    var check = Validation(path: "")
    if apiVersion != Model.apiVersion {
      check.at("apiVersion") {
        $0.error("unknown API version", fr: "version d’API inconnue", value: apiVersion, accepted: Model.apiVersion)
      }
    }
    if kind != Spec.kind {
      check.at("kind") {
        $0.error(
          "another kind was expected", fr: "un autre type de ressource est attendu", value: kind.rawValue,
          accepted: Spec.kind.rawValue)
      }
    }
    check.at("metadata") { metadata.validate(&$0, kind: Spec.kind) }
    check.at("spec") { spec.validate(&$0) }
    return check.problems
  }
}

extension Metadata {
  func validate(_ check: inout Validation, kind: Kind) {
    check.at("name") {
      if kind == .project { $0.text(name, .projectName) } else { $0.text(name, .dnsLabel) }
    }
    check.at("labels") { $0.labels(labels) }
    check.at("annotations") { check in
      for key in annotations.keys.sorted() { check.key(key) { $0.text(key, .labelKey) } }
      let size = annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
      if size > 65_536 {
        check.error("too much text", fr: "trop de texte", value: "\(size) bytes", accepted: "≤ 65536 bytes")
      }
    }
  }
}
