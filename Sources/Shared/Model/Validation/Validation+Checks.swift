extension Validation {
  /// Checks the form of a text.
  mutating func text(_ text: String, _ form: TextForm) {
    guard !form.isValid(text) else { return }
    error("not \(form.name)", fr: "ce n’est pas \(form.nameFR)", value: text, accepted: form.accepted)
  }

  /// Checks the form of a text in a field, where it is given.
  mutating func at(_ field: String, _ text: String?, _ form: TextForm) {
    if let text { at(field) { $0.text(text, form) } }
  }

  /// Checks the form of every text of a list, and that none stands twice.
  mutating func at(_ field: String, _ texts: [String], each form: TextForm, atLeastOne: Bool = false) {
    at(field, each: texts) { $1.text($0, form) }
    at(field) { check in
      check.unique(texts)
      if atLeastOne { check.notEmpty(texts) }
    }
  }

  /// Checks that a list has an element.
  mutating func notEmpty(_ list: some Collection) {
    if list.isEmpty { error("at least one is needed", fr: "il en faut au moins un", value: "[]", accepted: "≥ 1") }
  }

  /// Checks that lists in fields are no longer than anyone's are.
  ///
  /// - Returns: whether they are: what is longer is not looked into any further.
  mutating func sizes(_ lists: [(field: String, count: Int, most: Int)]) -> Bool {
    for (field, count, most) in lists where count > most {
      at(field) { $0.error("too many", fr: "trop nombreux", value: "\(count)", accepted: "≤ \(most)") }
    }
    return lists.allSatisfy { $0.count <= $0.most }
  }

  /// Checks that no text stands twice; `field` is where the text stands below an element.
  mutating func unique(_ texts: [String], field: String? = nil) {
    var seen: Set<String> = []
    for (position, text) in texts.enumerated() where !seen.insert(text).inserted {
      index(position) { check in
        func note(_ check: inout Validation) {
          check.error(FieldProblem.duplicate, fr: "figure deux fois dans la liste", value: text)
        }
        if let field { check.at(field, note) } else { note(&check) }
      }
    }
  }

  /// Checks that a number in a field, where it is given, lies in a range.
  mutating func at(_ field: String, _ number: Int?, in range: ClosedRange<Int>) {
    guard let number, !range.contains(number) else { return }
    at(field) {
      $0.error(
        "out of range", fr: "hors limites", value: "\(number)", accepted: "\(range.lowerBound) … \(range.upperBound)")
    }
  }

  /// Checks that a quantity in a field, where it is given, lies between two others.
  mutating func at(_ field: String, _ quantity: Quantity?, in range: ClosedRange<Quantity>) {
    guard let quantity, !range.contains(quantity) else { return }
    at(field) {
      $0.error(
        "out of range", fr: "hors limites", value: "\(quantity)",
        accepted: "\(range.lowerBound) … \(range.upperBound)")
    }
  }

  /// Checks that a period does not end before it starts.
  mutating func period(from: CalendarDay?, until: CalendarDay?) {
    guard let from, let until, until < from else { return }
    at("validUntil") {
      $0.error(
        "the period ends before it starts", fr: "la période finit avant de commencer", value: "\(until)",
        accepted: "≥ \(from)")
    }
  }

  /// Checks the keys and values of Kubernetes labels.
  mutating func labels(_ labels: [String: String]) {
    for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
      self.key(key) { check in
        check.text(key, .labelKey)
        if !value.isEmpty { check.text(value, .labelValue) }
      }
    }
  }
}
