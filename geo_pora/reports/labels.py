"""Header labels that are known, by field: lower case, words parted by one space."""

from __future__ import annotations

LABELS: dict[str, str] = {
    "report_id": "report id|id report|reportid|id laporan|laporan id|no laporan|nomor laporan|"
    "kode laporan|no lap|id|no registrasi laporan|report no|report number|report code|"
    "no register|nomor register|id kejadian|uid|uuid|id data",
    "agency": "agency|instansi|instansi pelapor|nama instansi|kode instansi|asal instansi|opd|"
    "skpd|unit kerja|sumber|sumber data|sumber laporan|pelapor instansi|dinas|agency code|"
    "reporting agency|source|satuan kerja|satker",
    "reported_on": "reported on|tanggal|tgl|tanggal laporan|tgl laporan|tanggal lapor|tgl lapor|"
    "tanggal pelaporan|tgl pelaporan|date|report date|reported|date reported|reporting date|"
    "hari tanggal|hari tgl|waktu|waktu laporan|tanggal data|tgl data|tanggal pendataan|"
    "tgl pendataan|tanggal input|tgl input|tanggal kejadian|tgl kejadian|tanggal pengawasan|"
    "tgl pengawasan|tanggal kegiatan|tgl kegiatan|tanggal pelaksanaan|timestamp",
    "from_date": "from date|from|dari|dari tanggal|dari tgl|mulai|tanggal mulai|tgl mulai|"
    "mulai tanggal|mulai tgl|sejak|sejak tanggal|tanggal masuk|tgl masuk|tanggal kedatangan|"
    "tgl kedatangan|kedatangan|tanggal datang|tgl datang|tanggal tiba|tgl tiba|tiba|check in|"
    "checkin|tgl check in|tanggal check in|tanggal checkin|arrival|arrival date|date of arrival|"
    "start|start date|date from|tanggal awal|tgl awal|menginap dari|mulai menginap|"
    "tanggal menginap|mulai tinggal|tinggal sejak",
    "to_date": "to date|to|sampai|sampai tanggal|sampai tgl|s d|sd|s d tanggal|s d tgl|hingga|"
    "tanggal selesai|tgl selesai|selesai|tanggal keluar|tgl keluar|tanggal kepergian|"
    "tgl kepergian|keberangkatan|tanggal berangkat|tanggal keberangkatan|tgl keberangkatan|"
    "check out|checkout|tgl check out|tanggal check out|tanggal checkout|departure|"
    "departure date|date of departure|end|end date|until|date to|tanggal akhir|tgl akhir|"
    "tanggal pulang|tgl pulang|menginap sampai|tinggal sampai",
    "persons": "persons|person|jumlah|jml|jlh|jumlah orang|jml orang|jlh orang|jumlah wna|"
    "jml wna|jumlah orang asing|jml orang asing|jumlah oa|jumlah tka|jml tka|jumlah tamu|"
    "jumlah tamu asing|jumlah tenaga kerja asing|banyaknya|banyak orang|orang|jiwa|total|"
    "total orang|total wna|count|number of persons|number of people|no of persons|people|pax|"
    "headcount|jumlah jiwa|jumlah wisatawan|jumlah wisman|jumlah personil",
    "nationality": "nationality|nationalities|kewarganegaraan|kewarga negaraan|warga negara|"
    "warganegara|wn|wn asal|kebangsaan|bangsa|negara|negara asal|asal negara|citizenship|country|"
    "country of origin|country of citizenship|warga negara asing|kewarganegaraan wna|citizen of|"
    "negara asal wna|negara kebangsaan|asal wna",
    "permit": "permit|izin tinggal|ijin tinggal|jenis izin tinggal|jenis ijin tinggal|jenis izin|"
    "jenis ijin|stay permit|permit type|type of permit|residence permit|dokumen izin tinggal|"
    "status izin tinggal|status ijin tinggal|izin keimigrasian|jenis izin keimigrasian|"
    "status keimigrasian|itk itas itap|kitas kitap|izin",
    "visa_index": "visa index|index visa|indeks visa|kode visa|visa|jenis visa|visa type|"
    "type of visa|indeks|no indeks visa|visa code",
    "activity": "activity|activities|kegiatan|jenis kegiatan|kegiatan wna|kegiatan orang asing|"
    "aktivitas|aktifitas|tujuan|tujuan kunjungan|tujuan kedatangan|maksud|maksud kunjungan|"
    "maksud kedatangan|maksud tujuan|maksud dan tujuan|maksud dan tujuan kunjungan|keperluan|"
    "purpose|purpose of visit|purpose of stay|dalam rangka|pekerjaan|jenis pekerjaan|occupation|"
    "bidang kegiatan|tujuan tinggal",
    "status": "status|status laporan|status pengawasan|status temuan|status pelanggaran|hasil|"
    "hasil pengawasan|hasil pemeriksaan|hasil verifikasi|hasil pengecekan|report status|"
    "status verifikasi|status kasus|temuan|dugaan pelanggaran|kategori temuan|status orang asing",
    "accommodation": "accommodation|akomodasi|jenis akomodasi|jenis tempat tinggal|"
    "jenis penginapan|jenis hunian|hunian|lodging|type of accommodation|accommodation type|"
    "bentuk tempat tinggal|status tempat tinggal|tipe akomodasi|tipe tempat tinggal",
    "location_text": "location text|location|alamat|alamat lengkap|alamat tinggal|"
    "alamat tempat tinggal|alamat domisili|alamat menginap|alamat wna|alamat orang asing|"
    "alamat di indonesia|alamat sekarang|alamat keberadaan|alamat lokasi|alamat kegiatan|"
    "alamat penginapan|alamat perusahaan|alamat tempat kerja|alamat tempat menginap|"
    "alamat kejadian|tempat kerja|tempat bekerja|place of work|workplace|"
    "lokasi|lokasi kegiatan|lokasi kejadian|lokasi keberadaan|lokasi tinggal|lokasi temuan|tempat|"
    "tempat tinggal|tempat menginap|tempat kegiatan|tempat kejadian|tempat keberadaan|domisili|"
    "address|full address|street address|street|place|jalan|nama jalan|nama tempat|nama lokasi|"
    "nama hotel|nama penginapan|hotel|penginapan|dusun|nama dusun|kampung|lingkungan|keberadaan|"
    "hotel name|place name|nama perumahan|alamat jalan|detail alamat|site|"
    "location address|address in indonesia|hotel penginapan",
    "rt_rw": "rt rw|rtrw|rt|rw",
    "village": "village|desa|kelurahan|desa kelurahan|kelurahan desa|kel desa|desa kel|kel|"
    "nama desa|nama kel|nama ds|nama kelurahan|nama desa kelurahan|nama kelurahan desa|ds|"
    "ds kel|kel ds|gampong|village name|desa atau kelurahan|kelurahan atau desa|village kelurahan",
    "district": "district|kecamatan|kec|nama kecamatan|nama kec|sub district|subdistrict|"
    "district name|kecamatan distrik|wilayah kecamatan",
    "regency": "regency|kabupaten|kab|kabupaten kota|kab kota|kota kabupaten|kota kab|"
    "nama kabupaten|nama kab|nama kabupaten kota|nama kab kota|regency city|"
    "regency name|kab kota nama",
    "postal_code": "postal code|kode pos|kodepos|postcode|post code|zip|zip code|zipcode",
    "latitude": "latitude|lat|lintang|garis lintang|titik lintang|koordinat lintang|lintang ls|"
    "lintang selatan|y|koordinat y|lat dd|gps lat|gps latitude|latitude y|lintang y|koordinat lat|"
    "koordinat latitude|y lintang|y lat|lat y|ltd|lattitude|decimal latitude|lintang lat|ls",
    "longitude": "longitude|long|lon|lng|bujur|garis bujur|titik bujur|koordinat bujur|bujur bt|"
    "bujur timur|x|koordinat x|long dd|lon dd|gps long|gps lon|gps longitude|longitude x|bujur x|"
    "koordinat long|koordinat lon|koordinat longitude|x bujur|x long|long x|longtitude|"
    "decimal longitude|bujur long|bt",
    "coordinates_text": "coordinates text|coordinates|coordinate|koordinat|koordinate|kordinat|"
    "titik koordinat|koordinat lokasi|koordinat gps|gps|titik gps|lokasi gps|gps location|"
    "lat long|lat lon|lat lng|latlong|latlon|latlng|latitude longitude|lintang bujur|long lat|"
    "koordinat lat long|koordinat lintang bujur|koordinat xy|koordinat x y|titik lokasi|"
    "titik lokasi lat long|lokasi lat long|lokasi lintang bujur|lokasi latitude longitude|geotag|"
    "geotagging|link google maps|link google map|google maps|google map|link maps|link map|"
    "link gmaps|gmaps|maps|map|peta|link peta|tautan peta|tautan google maps|url google maps|"
    "share location|share loc|shareloc|sharelok|link lokasi|plus code|pluscode|kode plus|utm|"
    "koordinat utm|geolokasi|geolocation|titik peta|link titik lokasi|lokasi google maps",
}

# Written by us or by the form itself: neither a field nor worth a word to the user.
IGNORED = frozenset(
    {"baris", "kolom", "alasan", "no", "nr", "nomor", "no urut", "nomor urut", "urut", "index"}
    | {"row", "row number", "unnamed 0", "#", ""}
)
