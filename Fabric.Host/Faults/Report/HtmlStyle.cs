namespace Fabric.Host.Faults.Report;

/// <summary>How the page looks: the same structure light and dark, colours by name.</summary>
internal static class HtmlStyle
{
    public const string Css = """
        :root {
          --back: #ffffff; --text: #1c2330; --soft: #5a6472; --line: #d5dae1; --panel: #f5f7fa;
          --held: #156b3a; --held-back: #e3f4e9; --broken: #a11622; --broken-back: #fde4e6;
          --unknown: #8a5a00; --unknown-back: #fdf0d5;
          --run: #2f6fb5; --fault: #c8323f; --stage-a: #dfe6ef; --stage-b: #c9d4e2;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --back: #14181f; --text: #e4e8ee; --soft: #9aa5b4; --line: #333c48; --panel: #1c222b;
            --held: #6fd196; --held-back: #16321f; --broken: #ff8f98; --broken-back: #431b20;
            --unknown: #ffc861; --unknown-back: #3d2f10;
            --run: #6aa9ec; --fault: #ff6b77; --stage-a: #2b3542; --stage-b: #394656;
          }
        }
        body { background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
          margin: 0 auto; max-width: 1100px; padding: 1.5rem; }
        h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
        .meta, small, dt { color: var(--soft); }
        .sums { display: flex; flex-wrap: wrap; gap: .6rem; }
        .sum { border: 1px solid var(--line); border-radius: 6px; padding: .3rem .8rem; }
        .sum.none { color: var(--soft); }
        .sum.held, td.held { background: var(--held-back); } .held > a, .sum.held { color: var(--held); }
        .sum.broken, td.broken { background: var(--broken-back); } .broken > a, .sum.broken { color: var(--broken); }
        .sum.unknown, td.unknown { background: var(--unknown-back); }
        .unknown > a, .sum.unknown { color: var(--unknown); }
        .wide { overflow-x: auto; }
        .matrix { border-collapse: collapse; font-size: .85rem; }
        .matrix th, .matrix td { border: 1px solid var(--line); padding: .35rem .55rem; text-align: left;
          white-space: nowrap; }
        .matrix th { background: var(--panel); font-weight: 600; } .matrix td.broken { font-weight: 700; }
        .matrix a { text-decoration: none; } .matrix a:hover { text-decoration: underline; }
        details { border: 1px solid var(--line); border-left: 4px solid var(--held); border-radius: 4px;
          margin: .4rem 0; padding: .45rem .8rem; }
        details.broken { border-left-color: var(--broken); } details.unknown { border-left-color: var(--unknown); }
        summary { cursor: pointer; overflow-wrap: anywhere; } details:has(:target) { background: var(--panel); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .6rem 0;
          font-size: .9rem; }
        dd { margin: 0; overflow-wrap: anywhere; }
        .rules { columns: 2; font-size: .85rem; list-style: none; margin: .6rem 0; padding: 0; }
        .rules li { break-inside: avoid; } .rules .broken { color: var(--broken); font-weight: 600; }
        svg { display: block; margin: .6rem 0; width: 100%; height: auto; }
        svg text { fill: var(--text); font: 11px system-ui, sans-serif; } svg .soft { fill: var(--soft); }
        svg .run { fill: var(--run); } svg .fault { fill: var(--fault); } svg .gap { fill: var(--unknown); }
        svg .band { fill: var(--fault); opacity: .16; }
        svg .a { fill: var(--stage-a); } svg .b { fill: var(--stage-b); } svg line { stroke: var(--line); }
        @media (max-width: 700px) { .rules { columns: 1; } dl { grid-template-columns: 1fr; } }

        """;
}
