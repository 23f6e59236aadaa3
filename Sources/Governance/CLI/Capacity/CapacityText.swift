import Contract
import Model
import Placement
import Policy

/// Capacity for people.
enum CapacityText {
  /// A row for each cluster, zone and region, and one for all; below, what the books do not agree on.
  static func report(_ view: CapacityReportView, stage: String?, _ language: Language) -> String {
    var table = Table(
      language == .fr
        ? ["LIEU", "CPU", "MÉMOIRE", "GPU", "STOCKAGE", "PODS", "LIBRE (CPU)", "LIBRE (MÉMOIRE)", "TAUX"]
        : ["PLACE", "CPU", "MEMORY", "GPU", "STORAGE", "PODS", "FREE (CPU)", "FREE (MEMORY)", "FILL"])
    for item in view.items {
      var figures = item.figures
      // Of one stage, what counts is what that stage may still have, and how full the cluster is for it.
      if let own = item.stages.first(where: { $0.stage == stage }) {
        figures.limit = own.limit
        figures.headroom = own.headroom
        figures.fill = FillRates(
          of: figures.committed, in: item.privacy == .dedicated ? figures.declared : own.limit)
      }
      table.add([item.cluster] + row(figures))
    }
    // Sums are over all stages: beside the figures of one they would be read wrongly.
    if stage == nil {
      for zone in view.zones { table.add(["zone \(zone.name ?? "")"] + row(zone.figures)) }
      for region in view.regions { table.add(["region \(region.name ?? "")"] + row(region.figures)) }
      table.add(["total"] + row(view.total.figures))
    }
    var lines = [table.render()]
    if view.withheld > 0 {
      lines.append(
        language == .fr
          ? "\(view.withheld) cluster(s) ne sont pas montrés : ce qui y est promis ne regarde pas qui demande"
          : "\(view.withheld) cluster(s) are not shown: what is promised there is not for whoever asks")
    }
    lines += view.differences.map { difference in
      let (ledger, held) = (
        ResourceAmounts.text(difference.ledger, of: difference.resource),
        ResourceAmounts.text(difference.held, of: difference.resource)
      )
      let isOfQuotas = difference.kind == .quotas
      return language == .fr
        ? "! \(difference.cluster), \(difference.resource.rawValue) : le registre dit \(ledger), "
          + (isOfQuotas ? "les quotas du cluster \(held)" : "les réservations \(held)")
        : "! \(difference.cluster), \(difference.resource.rawValue): the ledger says \(ledger), "
          + (isOfQuotas ? "the cluster's quotas \(held)" : "reservations \(held)")
    }
    return lines.joined(separator: "\n")
  }

  private static func row(_ figures: CapacityFigures) -> [String] {
    let promised = CountedResource.allCases.map { (resource: CountedResource) -> String in
      let (committed, limit) = (figures.committed[resource], figures.limit[resource])
      return switch resource {
      case .cpu: "\(Quantity(milli: committed))/\(Quantity(milli: limit))"
      case .memory, .storage: "\(committed >> 30)/\(limit >> 30) Gi"
      case .gpu, .pods: "\(committed)/\(limit)"
      }
    }
    // The fullest resource is the one that ends first.
    let fullest = CountedResource.allCases.compactMap { resource in
      figures.fill[resource].map { (resource: resource, rate: $0) }
    }.max { $0.rate < $1.rate }
    return promised + [
      "\(Quantity(milli: figures.headroom.cpu))", "\(figures.headroom.memory >> 30) Gi",
      fullest.map { "\($0.rate / 10) % (\($0.resource.rawValue))" } ?? "–",
    ]
  }

  /// A row for each size, and for each cluster that takes some.
  static func fits(_ view: CapacityFitsView, _ language: Language) -> String {
    var table = Table(
      language == .fr ? ["TAILLE", "CPU", "MÉMOIRE", "COMBIEN", "OÙ"] : ["SIZE", "CPU", "MEMORY", "HOW MANY", "WHERE"])
    for size in view.sizes {
      let count = size.isMore ? "≥ \(size.count)" : String(size.count)
      let places = size.places.map { "\($0.cluster): \($0.count)" }.joined(separator: ", ")
      table.add(
        size.name, size.quota.cpu.map { "\($0)" } ?? "", size.quota.memory.map { "\($0)" } ?? "", count, places)
    }
    var lines = [table.render()]
    if let withheld = view.sizes.first?.withheld, withheld > 0 {
      lines.append(
        language == .fr
          ? "\(withheld) cluster(s) ne regardent pas qui demande, et ne sont pas comptés"
          : "\(withheld) cluster(s) are not for whoever asks, and are not counted")
    }
    if view.stale == true {
      let moment = language == .fr ? "État du \(view.asOf) ; " : "As of \(view.asOf); "
      lines.append(moment + StaleText.render(language))
    }
    return lines.joined(separator: "\n")
  }

  /// What was promised, day by day, and where it goes.
  static func history(_ view: CapacityHistoryView, _ language: Language) -> String {
    var table = Table(
      language == .fr
        ? ["JOUR", "CLUSTERS", "CPU", "MÉMOIRE", "GPU", "STOCKAGE", "PODS"]
        : ["DAY", "CLUSTERS", "CPU", "MEMORY", "GPU", "STORAGE", "PODS"])
    for day in view.days {
      table.add(
        [day.day.description, String(day.clusters)]
          + CountedResource.allCases.map { ResourceAmounts.text(day.committed[$0], of: $0) })
    }
    return ([table.render()] + view.trends.map { "\($0.resource.rawValue): \(sentence($0.trend, language))" })
      .joined(separator: "\n")
  }

  static func sentence(_ trend: CapacityTrend, _ language: Language) -> String {
    switch (trend.verdict, language) {
    case (.noTrend, .fr):
      "pas de tendance : \(trend.days) jour(s) avec ces clusters, il en faut \(CapacityTrend.fewest)"
    case (.noTrend, .en): "no trend: \(trend.days) day(s) with these clusters, \(CapacityTrend.fewest) are needed"
    case (.outdated, .fr):
      "pas de tendance : rien n’est noté depuis le \(trend.lastDay?.description ?? "")"
    case (.outdated, .en): "no trend: nothing was written down since \(trend.lastDay?.description ?? "")"
    case (.steady, .fr): "n’augmente pas"
    case (.steady, .en): "does not grow"
    case (.distant, .fr): "augmente ; pas épuisé avant dix ans à ce rythme"
    case (.distant, .en): "grows; not at its end within ten years at this pace"
    case (.runsOut, .fr): "épuisé le \(trend.runsOutOn?.description ?? "") à ce rythme"
    case (.runsOut, .en): "at its end on \(trend.runsOutOn?.description ?? "") at this pace"
    case (.full, .fr): "épuisé"
    case (.full, .en): "at its end"
    }
  }
}
