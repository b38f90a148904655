using System.Globalization;
using System.Text;
using System.Xml;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Faults.Report;

/// <summary>
/// JUnit's XML, which build servers show: a broken rule is a failure, a case not carried out an error.
/// </summary>
internal static class JUnitReport
{
    public static string Of(FaultReport report)
    {
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true }))
        {
            xml.WriteStartElement("testsuites");
            xml.WriteStartElement("testsuite");
            Attribute(xml, "name", $"fabric faults {report.Plan}");
            Attribute(xml, "tests", Number(report.Cases.Count));
            Attribute(xml, "failures", Number(report.Broken));
            Attribute(xml, "errors", Number(report.NotCarriedOut));
            Attribute(xml, "skipped", "0");
            Attribute(xml, "time", Seconds(report.DurationMs));
            Attribute(xml, "timestamp", report.StartedAt.UtcDateTime.ToString("s", CultureInfo.InvariantCulture));
            foreach (var one in report.Cases)
                Write(xml, one);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + text + "\n";
    }

    private static void Write(XmlWriter xml, CaseResult one)
    {
        xml.WriteStartElement("testcase");
        Attribute(xml, "classname", $"faults.{one.Fault.Replace(' ', '.')}");
        Attribute(xml, "name", one.Id);
        Attribute(xml, "time", Seconds(one.DurationMs));
        var lines = string.Join('\n', one.Faults);
        if (one.Verdict != Verdict.Held)
        {
            xml.WriteStartElement(one.Verdict == Verdict.Broken ? "failure" : "error");
            Attribute(xml, "message", one.Faults.FirstOrDefault() ?? "");
            xml.WriteString(Clean(lines));
            xml.WriteEndElement();
        }

        xml.WriteElementString("system-out", Clean(CaseText.Of(one)));
        xml.WriteEndElement();
    }

    private static void Attribute(XmlWriter xml, string name, string value) =>
        xml.WriteAttributeString(name, Clean(value));

    // What a hypervisor or a command said may hold anything; XML may not.
    private static string Clean(string text) =>
        string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) ? c : '?'));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(double milliseconds) =>
        (milliseconds / 1000).ToString("0.000", CultureInfo.InvariantCulture);
}
