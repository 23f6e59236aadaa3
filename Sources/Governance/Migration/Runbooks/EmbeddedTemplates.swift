/// The templates of the house, which are in the program itself.
enum EmbeddedTemplates {
  static func bytes(of name: RunbookTemplateName) -> [UInt8] {
    let (fr, en) = both(name.part)
    return name.language == .fr ? fr : en
  }

  private typealias Resources = PackageResources

  private static func both(_ part: RunbookTemplateName.Part) -> (fr: [UInt8], en: [UInt8]) {
    switch part {
    case .runbook: (Resources.runbook_fr_md, Resources.runbook_en_md)
    case .guide: (Resources.guide_fr_md, Resources.guide_en_md)
    case .page: (Resources.page_fr_html, Resources.page_en_html)
    case .task(let kind): both(kind)
    }
  }

  private static func both(_ kind: MigrationTask.Kind) -> (fr: [UInt8], en: [UInt8]) {
    switch kind {
    case .createEnvironment: (Resources.createEnvironment_fr_md, Resources.createEnvironment_en_md)
    case .firstCopy: (Resources.firstCopy_fr_md, Resources.firstCopy_en_md)
    case .secrets: (Resources.secrets_fr_md, Resources.secrets_en_md)
    case .values: (Resources.values_fr_md, Resources.values_en_md)
    case .flows: (Resources.flows_fr_md, Resources.flows_en_md)
    case .restoreBackup: (Resources.restoreBackup_fr_md, Resources.restoreBackup_en_md)
    case .stopWrites: (Resources.stopWrites_fr_md, Resources.stopWrites_en_md)
    case .finalCopy: (Resources.finalCopy_fr_md, Resources.finalCopy_en_md)
    case .switchNames: (Resources.switchNames_fr_md, Resources.switchNames_en_md)
    case .verify: (Resources.verify_fr_md, Resources.verify_en_md)
    case .dashboards: (Resources.dashboards_fr_md, Resources.dashboards_en_md)
    case .emptySource: (Resources.emptySource_fr_md, Resources.emptySource_en_md)
    case .salvage: (Resources.salvage_fr_md, Resources.salvage_en_md)
    case .removeEnvironment: (Resources.removeEnvironment_fr_md, Resources.removeEnvironment_en_md)
    case .reverseCopy: (Resources.reverseCopy_fr_md, Resources.reverseCopy_en_md)
    }
  }
}
