extension LabelSelector {
  /// More than anyone writes: what the selectors of a policy say to each other stays quickly told.
  private static let most = (terms: 64, values: 500)

  /// Whether the lists are no longer than anyone's are: what is longer is not looked into any further.
  func validateSize(_ check: inout Validation) -> Bool {
    var fits = check.sizes([
      ("matchLabels", matchLabels.count, Self.most.terms),
      ("matchExpressions", matchExpressions.count, Self.most.terms),
    ])
    guard fits else { return false }
    check.at("matchExpressions", each: matchExpressions) { expression, check in
      if !check.sizes([("values", expression.values.count, Self.most.values)]) { fits = false }
    }
    return fits
  }

  /// Itself; nil where a list is so long that it is not looked into.
  var ifShort: LabelSelector? {
    var check = Validation()
    return validateSize(&check) ? self : nil
  }

  /// Checks keys against the attributes there are, and the number and form of values.
  func validate(_ check: inout Validation, over attributes: AttributeNames) {
    check.at("matchLabels") { check in
      for (key, value) in matchLabels.sorted(by: { $0.key < $1.key }) {
        check.key(key) { check in
          Self.validate(key: key, &check, over: attributes)
          if value.isEmpty { check.text(value, .networkName) }
        }
      }
    }
    check.at("matchExpressions", each: matchExpressions) { expression, check in
      check.at("key") { Self.validate(key: expression.key, &$0, over: attributes) }
      check.at("values") { expression.validateValues(&$0) }
    }
  }

  private static func validate(key: String, _ check: inout Validation, over attributes: AttributeNames) {
    guard !attributes.contains(key) else { return }
    check.unknown(
      key, FieldProblem.unknownAttribute, fr: "attribut inconnu", among: attributes.names,
      accepted: (attributes.names + attributes.labelPrefixes.map { $0 + "<key>" }).joined(separator: ", "))
  }
}

extension LabelSelector.Requirement {
  func validateValues(_ check: inout Validation) {
    switch `operator` {
    case .in, .notIn:
      check.notEmpty(values)
      check.unique(values)
    case .exists, .doesNotExist:
      if !values.isEmpty {
        check.error(
          "\(`operator`.rawValue) takes no values", fr: "\(`operator`.rawValue) ne prend pas de valeurs",
          value: values.joined(separator: ", "), accepted: "[]")
      }
    case .greaterThan, .lessThan:
      if values.count != 1 || Int64(values[0]) == nil {
        check.error(
          "\(`operator`.rawValue) takes one integer", fr: "\(`operator`.rawValue) prend un seul nombre entier",
          value: values.joined(separator: ", "), accepted: "[\"2\"]")
      }
    }
  }
}

extension LocalizedText {
  func validate(_ check: inout Validation) {
    check.at("fr", fr, .sentence)
    check.at("en", en, .sentence)
  }
}

extension Audience {
  func validate(_ check: inout Validation) {
    check.at("organisations", each: organisations) { if $0 != "*" { $1.text($0, .dnsLabel) } }
    check.at("organisations") { check in
      check.unique(organisations)
      check.notEmpty(organisations)
    }
    check.at("scopes") { check in
      check.unique(scopes.map(\.rawValue))
      check.notEmpty(scopes)
    }
  }
}

extension Taint {
  func validate(_ check: inout Validation) {
    check.at("key", key, .labelKey)
    if value?.isEmpty == false { check.at("value", value, .labelValue) }
  }
}

extension Toleration {
  func validate(_ check: inout Validation) {
    check.at("key", key, .labelKey)
    if value?.isEmpty == false { check.at("value", value, .labelValue) }
    let exists = `operator` == .exists
    if exists, value?.isEmpty == false {
      check.at("value") {
        $0.error("Exists takes no value", fr: "Exists ne prend pas de valeur", value: value)
      }
    }
    if key == nil, !exists {
      check.at("operator") {
        $0.error(
          "without a key only Exists means something", fr: "sans clé, seul Exists a un sens",
          value: (`operator` ?? .equal).rawValue, accepted: Operator.exists.rawValue)
      }
    }
  }
}

extension ResourceList {
  /// Checks that no amount is negative, that GPUs and pods are whole, and that those `required` are above 0.
  func validate(_ check: inout Validation, required: [CountedResource] = []) {
    for resource in CountedResource.allCases {
      check.at(resource.rawValue) { check in
        guard let amount = self[resource] else {
          if required.contains(resource) {
            check.error("required field is missing", fr: "champ obligatoire absent", accepted: "> 0")
          }
          return
        }
        let lowest = required.contains(resource) ? 1 : 0
        if amount.sign < lowest {
          check.error("too small", fr: "trop petit", value: "\(amount)", accepted: lowest == 1 ? "> 0" : "≥ 0")
        }
        if [.gpu, .pods].contains(resource), !amount.isWhole {
          check.error(
            "not a whole number", fr: "ce n’est pas un nombre entier", value: "\(amount)", accepted: "0, 1, 2, …")
        }
        let largest = [.memory, .storage].contains(resource) ? Self.largestSize : Self.largestCount
        if amount > largest {
          check.error("too large", fr: "trop grand", value: "\(amount)", accepted: "≤ \(largest)")
        }
      }
    }
  }

  /// Sums of a thousand such amounts still fit in the ledger's 64 bits.
  private static let largestSize = Quantity(1 << 53, format: .binarySI)
  private static let largestCount = Quantity(1_000_000)
}

extension ProjectSpec.Residency {
  /// As many countries as there are, and more subdivisions than anyone names: who needs them all names the country.
  private static let most = (countries: 250, subdivisions: 500)

  /// Whether the lists are no longer than anyone's are: what is longer is not looked into any further.
  func validateSize(_ check: inout Validation) -> Bool {
    check.sizes([
      ("countries", countries.count, Self.most.countries),
      ("subdivisions", subdivisions.count, Self.most.subdivisions),
    ])
  }

  /// Itself; nil where a list is so long that it is not looked into.
  var ifShort: ProjectSpec.Residency? {
    var check = Validation()
    return validateSize(&check) ? self : nil
  }

  /// Checks the codes, of lists whose size was checked.
  func validate(_ check: inout Validation) {
    check.at("countries", countries, each: .country)
    check.at("subdivisions", subdivisions, each: .subdivision)
    guard !countries.isEmpty else { return }
    let known = Set(countries)
    // As many as a person reads, put together once: each subdivision elsewhere is answered with them.
    let more = countries.count > 20 ? ["…"] : []
    let accepted = (countries.prefix(20).map { $0 + "-…" } + more).joined(separator: ", ")
    check.at("subdivisions", each: subdivisions) { subdivision, check in
      guard !known.contains(String(subdivision.prefix(2))) else { return }
      check.error(
        "not in one of the countries", fr: "n’est pas dans l’un des pays", value: subdivision, accepted: accepted)
    }
  }
}
